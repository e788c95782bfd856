/// How requests get to a route of a service.
package enum Reachability: Sendable, Hashable {
    /// A dispatch rule, 0-based, takes at least some of the route's paths.
    case byRule(Int)
    /// The default service gets what no rule takes.
    case byDefault
    /// No rule leads there, but these hosts do, as `ws.localhost`.
    case onlyByHost([String])
    /// Nothing leads there.
    case unreachable
}

extension Dispatcher {
    /// Whether dispatch can lead to a route of a service.
    ///
    /// Errs on the side of reachable: a rule counts unless earlier rules surely take all the route's paths from it.
    package func canReach(service: String, template: PathTemplate) -> Reachability {
        let paths = TemplatePaths(template)
        if service == "default", paths.areReserved || !isTakenEarlier(rules.count, .any, paths) { return .byDefault }
        if !paths.areReserved {
            for (index, rule) in rules.enumerated() where rule.service == service && paths.meet(rule.pattern.path) {
                if !isTakenEarlier(index, rule.pattern.host, paths) { return .byRule(index) }
            }
        }
        guard let known = services.first(where: { $0.name == service }) else { return .unreachable }
        let hosts = ["\(service).localhost"] + known.versions.prefix(1).map { "\($0).\(service).localhost" }
        let working = hosts.first { host in
            explain(host: host, path: paths.example).service == service
        }
        return working.map { .onlyByHost([$0]) } ?? .unreachable
    }

    /// Whether one rule before `index` surely takes every path, on all the hosts that `host` takes.
    private func isTakenEarlier(
        _ index: Int, _ host: DispatchPattern.HostPattern, _ paths: TemplatePaths
    ) -> Bool {
        rules[..<index].contains { $0.pattern.host.covers(host) && paths.areAll(in: $0.pattern.path) }
    }
}

/// The set of decoded paths that a template takes, as dispatch rules see them.
private struct TemplatePaths {
    private let segments: [Segment]
    /// What all paths start with; the only path, if `isLiteral`.
    private let start: [UInt8]
    private let isLiteral: Bool
    /// One of the paths, escaped for a request target.
    let example: String

    private enum Segment {
        case literal([UInt8])
        case parameter
        case rest
    }

    init(_ template: PathTemplate) {
        segments = template.segments.map { segment in
            switch segment {
            case .literal(let text): .literal(text.utf8.flatMap { $0 == UInt8(ascii: "/") ? Array("%2F".utf8) : [$0] })
            case .parameter: .parameter
            case .rest: .rest
            }
        }
        var start: [UInt8] = []
        var isLiteral = true
        for segment in segments where isLiteral {
            start.append(UInt8(ascii: "/"))
            if case .literal(let bytes) = segment { start += bytes } else { isLiteral = false }
        }
        self.start = start
        self.isLiteral = isLiteral
        var example: [UInt8] = []
        for segment in template.segments {
            example.append(UInt8(ascii: "/"))
            switch segment {
            case .literal(let text):
                for byte in text.utf8 {
                    if PercentCoding.isPathByte(byte), byte != UInt8(ascii: "/") {
                        example.append(byte)
                    } else {
                        PercentCoding.appendEscape(byte, to: &example)
                    }
                }
            case .parameter: example.append(UInt8(ascii: "x"))
            case .rest: break
            }
        }
        self.example = String(decoding: example, as: UTF8.self)
    }

    /// Whether all of them skip the rules.
    var areReserved: Bool { ReservedPath.all(start, isPrefix: !isLiteral) }

    /// Whether a pattern surely takes every one of them.
    func areAll(in pattern: DispatchPattern.PathPattern) -> Bool {
        guard ReservedPath.none(start, isPrefix: !isLiteral) else { return false }
        switch pattern {
        case .prefix(let text): return start.starts(with: text.utf8)
        case .exact(let text): return isLiteral && start.elementsEqual(text.utf8)
        }
    }

    /// Whether a pattern takes at least one of them.
    func meet(_ pattern: DispatchPattern.PathPattern) -> Bool {
        let (text, isPrefix) =
            switch pattern {
            case .exact(let text): (text, false)
            case .prefix(let text): (text, true)
            }
        let parts = text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (number, part) in parts.enumerated() {
            guard number < segments.count else { return false }
            let isCut = isPrefix && number == parts.count - 1
            switch segments[number] {
            case .literal(let bytes):
                guard isCut ? bytes.starts(with: part) : bytes.elementsEqual(part) else { return false }
            case .parameter:
                guard isCut || !part.isEmpty else { return false }
            case .rest: return true
            }
        }
        return isPrefix || parts.count == segments.count
    }
}
