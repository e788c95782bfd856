/// One dispatch rule: requests that match the pattern go to the service.
package struct DispatchRule: Sendable, Hashable {
    package var pattern: DispatchPattern
    package var service: String

    package init(pattern: DispatchPattern, service: String) {
        self.pattern = pattern
        self.service = service
    }
}

/// A rule that no request can ever match.
package struct UnreachableRule: Sendable, Hashable {
    /// 0-based.
    package let rule: Int
    /// The earlier rule that takes everything this one would.
    /// Nil: its paths are reserved (`/_ah/…`) and skip all rules.
    package let coveredBy: Int?
}

extension DispatchRule {
    /// The rules that can never match, in order, each with the first earlier rule that covers it.
    package static func unreachableRules(_ rules: [DispatchRule]) -> [UnreachableRule] {
        rules.indices.compactMap { index in
            let pattern = rules[index].pattern
            if pattern.path.isReserved { return UnreachableRule(rule: index, coveredBy: nil) }
            return rules[..<index].firstIndex { $0.pattern.covers(pattern) }
                .map { UnreachableRule(rule: index, coveredBy: $0) }
        }
    }
}

// Texts are compared as bytes: String's own prefix test would join a combining mark to the letter before it.

extension DispatchPattern {
    /// Whether every request that `other` takes is one this pattern takes.
    package func covers(_ other: DispatchPattern) -> Bool { host.covers(other.host) && path.covers(other.path) }
}

extension DispatchPattern.HostPattern {
    func covers(_ other: Self) -> Bool {
        switch (self, other) {
        case (.any, _): true
        case (.suffix(let ours), .suffix(let theirs)), (.suffix(let ours), .exact(let theirs)):
            theirs.utf8.reversed().starts(with: ours.utf8.reversed())
        case (.exact(let ours), .exact(let theirs)): ours == theirs
        case (.exact, _), (.suffix, .any): false
        }
    }
}

extension DispatchPattern.PathPattern {
    func covers(_ other: Self) -> Bool {
        switch (self, other) {
        case (.prefix(let ours), .prefix(let theirs)), (.prefix(let ours), .exact(let theirs)):
            theirs.utf8.starts(with: ours.utf8)
        case (.exact(let ours), .exact(let theirs)): ours.utf8.elementsEqual(theirs.utf8)
        case (.exact, .prefix): false
        }
    }

    /// Whether every path this pattern takes is reserved.
    var isReserved: Bool {
        switch self {
        case .exact(let text): ReservedPath.all(Array(text.utf8), isPrefix: false)
        case .prefix(let text): ReservedPath.all(Array(text.utf8), isPrefix: true)
        }
    }
}
