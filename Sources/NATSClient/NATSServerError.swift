/// What a server said in `-ERR`.
public struct NATSServerError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// Credentials wrong, expired, revoked or late.
        case authentication
        /// One publish or subscription is not allowed; the link lives on.
        case permissions
        /// The server does not like a subject; the link lives on.
        case subject
        /// Subscriptions beyond what the account may have; the link lives on.
        case subscriptionLimit
        /// Too many connections, too large a message or line, too slow a reader.
        case limit
        /// The server heard nothing from us for too long.
        case stale
        /// We broke the protocol, in the server's eyes.
        case protocolViolation
        case other
    }

    public let kind: Kind
    /// The server's words, without quotes.
    public let text: String

    public init(text: String) {
        self.text = text
        let lowercased = text.lowercased()
        kind = Self.kinds.first { lowercased.contains($0.0) }?.1 ?? .other
    }

    /// True if the server closes the link after it.
    public var endsLink: Bool {
        switch kind {
        case .authentication, .limit, .stale, .protocolViolation: true
        case .permissions, .subject, .subscriptionLimit, .other: false
        }
    }

    public var description: String { text }

    /// The subject that a violation of permissions is about.
    public var subject: String? {
        guard kind == .permissions, let start = text.firstIndex(of: "\"") else { return nil }
        let rest = text[text.index(after: start)...]
        return rest.firstIndex(of: "\"").map { String(rest[..<$0]) }
    }

    /// The first that is contained wins. Source: nats-server/server/errors.go
    private static let kinds: [(String, Kind)] = [
        ("permissions violation", .permissions),
        ("authorization", .authentication),
        ("authentication", .authentication),
        ("maximum subscriptions", .subscriptionLimit),
        ("maximum", .limit),
        ("slow consumer", .limit),
        ("throttl", .limit),
        ("subject", .subject),
        ("stale", .stale),
        ("protocol", .protocolViolation),
        ("parser", .protocolViolation),
        ("tls required", .protocolViolation),
        ("route port", .protocolViolation),
        ("headers not supported", .protocolViolation),
    ]
}
