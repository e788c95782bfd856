import Routing
import TestSupport
import Testing

/// The dispatcher against the rules of App Engine's page, written down the plain way.
@Suite struct DispatcherPropertyTests {
    private static let services = ["default", "add", "ws"]

    @Test func agreesWithANaiveDispatcher() throws {
        var random = SeededGenerator(seed: 17)
        var byRule = 0
        for _ in 0..<600 {
            let rules = try (0..<random.below(6)).map { _ in
                let host = random.pick(["*", "*", "h.test", "*.h.test", "*test", "ws.localhost"])
                let words = ["a", "b", "_ah", "api", "", "a%2Fb"]
                let path = (0..<1 + random.below(3)).map { _ in "/" + random.pick(words) }.joined()
                return DispatchRule(
                    pattern: try DispatchPattern(host + path + random.pick(["", "*"])),
                    service: random.pick(Self.services))
            }
            let dispatcher = Dispatcher(
                rules: rules, app: AppIdentity(services: Self.services.map { ServiceIdentity(name: $0) }))
            for _ in 0..<10 {
                let host = random.pick(["h.test", "A.H.test:80", "h.test.", "ws.localhost", "v1.ws.localhost", "x"])
                let path = (0..<1 + random.below(3)).map { _ in
                    "/" + random.pick(["a", "%61", "b", "_ah", "%5Fah", "api", "", "a%2fb", "%zz"])
                }.joined()
                let explanation = dispatcher.explain(host: host, path: path)
                let actual = "\(explanation.service ?? "-") \(explanation.decision.why.rawValue)"
                if actual != Self.naive(rules, host, path) || !Self.isExplained(explanation, rules) {
                    Issue.record("\(host)\(path): \(actual) by \(rules.map(\.pattern.text))")
                }
                if explanation.decision.why == .rule { byRule += 1 }
            }
        }
        #expect(byRule > 250, "too few of the random requests meet a rule")
    }

    @Test func takesAnyBytes() throws {
        let rules = try ["*/a*", "*.localhost/x", "*/%2F*"].map {
            DispatchRule(pattern: try DispatchPattern($0), service: "add")
        }
        let dispatcher = Dispatcher(
            rules: rules,
            app: AppIdentity(
                project: "p", customDomains: ["p.test"], services: Self.services.map { ServiceIdentity(name: $0) }))
        var random = SeededGenerator(seed: 23)
        let frequent = Array("/a%2Ff._-:[]1".utf8)
        let tails = ["", ".localhost", "-dot-p.appspot.com", ".p.test:80", ".r.appspot.com", ".p.x.r.appspot.com"]
        for _ in 0..<10_000 {
            func bytes() -> [UInt8] {
                (0..<random.below(16)).map { _ in
                    random.below(4) == 0 ? UInt8(truncatingIfNeeded: random.next()) : random.pick(frequent)
                }
            }
            let route = dispatcher.hostRoute((bytes() + Array(random.pick(tails).utf8)).span)
            let path = bytes()
            let decision = dispatcher.decide(host: route, path: path.span)
            let isSound =
                (decision.serviceIndex == nil) == (decision.why == .notFound)
                && (decision.rule != nil) == (decision.why == .rule)
            if !isSound { Issue.record("\(route) \(path): \(decision)") }
            let text = String(decoding: path, as: UTF8.self)
            _ = RequestPath.redirectTarget(rawPath: text, query: text)
            _ = try? DispatchPattern(text)
        }
    }

    /// Whether each rule's outcome is true of it, and agrees with the decision.
    private static func isExplained(_ explanation: DispatchExplanation, _ rules: [DispatchRule]) -> Bool {
        let winner = explanation.decision.rule
        return explanation.trials.map(\.rule) == Array(rules.indices)
            && explanation.trials.allSatisfy { trial in
                let rule = rules[trial.rule].pattern
                let takesHost = takes(rule.host, explanation.host.name)
                return switch trial.outcome {
                case .matched: trial.rule == winner
                case .notReached(let earlier): earlier == winner && trial.rule > earlier
                case .hostDiffers: !takesHost
                case .pathDiffers: takesHost && !takes(rule.path, explanation.decodedPath)
                case .reserved: explanation.decodedPath.hasPrefix("/_ah/")
                case .targeted: explanation.decision.why == .targeted
                }
            }
    }

    private static func naive(_ rules: [DispatchRule], _ host: String, _ path: String) -> String {
        var host = host.lowercased()
        if host.hasSuffix(":80") { host.removeLast(3) }
        if host.hasSuffix(".") { host.removeLast() }
        if host == "v1.ws.localhost" { return "ws targeted" }
        var decoded = path
        for (escape, character) in [("%61", "a"), ("%5F", "_"), ("%2f", "%2F")] {
            decoded = decoded.replacing(escape, with: character)
        }
        let isReserved =
            decoded.hasPrefix("/_ah/") && !decoded.hasPrefix("/_ah/api") && !decoded.hasPrefix("/_ah/queue/deferred")
        if !isReserved,
            let rule = rules.first(where: { takes($0.pattern.host, host) && takes($0.pattern.path, decoded) })
        {
            return "\(rule.service) rule"
        }
        if host == "ws.localhost" { return "ws service" }
        return isReserved ? "default reserved" : "default default"
    }

    private static func takes(_ pattern: DispatchPattern.HostPattern, _ host: String) -> Bool {
        switch pattern {
        case .any: true
        case .suffix(let suffix): host.hasSuffix(suffix)
        case .exact(let name): host == name
        }
    }

    private static func takes(_ pattern: DispatchPattern.PathPattern, _ path: String) -> Bool {
        switch pattern {
        case .exact(let text): path == text
        case .prefix(let text): path.hasPrefix(text)
        }
    }
}
