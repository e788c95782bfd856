internal import PluginKit

/// A pattern of subjects with `{claim}` where what a client is said to be goes: `user.{sub}.>`.
package struct SubjectPattern: Sendable, Equatable {
    /// A claim holds something that cannot be one token of a subject.
    package struct Unfit: Error, Equatable {
        package let claim: String

        package init(claim: String) { self.claim = claim }
    }

    private enum Part: Sendable, Equatable {
        case literal(String)
        case claim(String)
    }

    private let parts: [Part]
    /// Whether it is the operator's own word that subjects are reached which servers keep for themselves.
    private let isReserved: Bool

    /// - Throws: why it can be no pattern.
    package init(_ text: String) throws(Problem) {
        var parts: [Part] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else { throw Problem("'{' without '}'") }
            let name = rest[rest.index(after: open)..<close]
            guard !name.isEmpty, !name.contains("{") else { throw Problem("'{' and '}' must hold a claim's name") }
            parts.append(.literal(String(rest[..<open])))
            parts.append(.claim(String(name)))
            rest = rest[rest.index(after: close)...]
        }
        parts.append(.literal(String(rest)))
        let example = parts.map { if case .literal(let text) = $0 { text } else { "x" } }.joined()
        if let problem = Subject.subscribeProblem(example) { throw Problem(problem) }
        self.parts = parts
        isReserved = Subject.isReserved(example)
    }

    /// The pattern for a client; nil if it has not all the claims.
    package func pattern(_ claims: [String: String]) throws(Unfit) -> String? {
        var pattern = ""
        var lastClaim = ""
        for part in parts {
            switch part {
            case .literal(let text): pattern += text
            case .claim(let name):
                guard let value = claims[name] else { return nil }
                guard Self.isToken(value) else { throw Unfit(claim: name) }
                pattern += value
                lastClaim = name
            }
        }
        // What is fit by itself may still be too long, or spell a reserved name together with its surroundings.
        guard Subject.subscribeProblem(pattern) == nil, isReserved || !Subject.isReserved(pattern) else {
            throw Unfit(claim: lastClaim)
        }
        return pattern
    }

    /// A dot would reach into the subjects of whoever has the name before it. U+FFFD stands for bytes that were
    /// repaired: clients with different ones must not end up with one name.
    private static func isToken(_ value: String) -> Bool {
        Subject.publishProblem(value) == nil && !value.utf8.contains(UInt8(ascii: "."))
            && !value.unicodeScalars.contains("\u{FFFD}")
    }
}
