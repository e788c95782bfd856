/// Who a client is, as a guard found out. Later guards and the handler see it in ``Request/identity``.
public final class Identity: Sendable {
    /// `sub` of a token: the client's name.
    public let subject: String?
    /// Scalar claims as text, those inside objects by dotted name: `sub`, `org.id`.
    public let claims: [String: String]
    /// In seconds since 1970: a socket that was opened with it ends then. Nil: never.
    public let expires: Int64?
    public let permissions: Permissions
    /// Asks for a new identity for a socket that stays open, with a newer token of the same client. Nil where a guard
    /// does not offer it. The answer comes on any thread.
    public let renew: Renewal?

    public typealias Renewal = @Sendable (
        _ token: String, _ answer: @escaping @Sendable (Result<Identity, RenewalRefused>) -> Void
    ) -> Void

    public init(
        subject: String?, claims: [String: String] = [:], expires: Int64? = nil, permissions: Permissions = .all,
        renew: Renewal? = nil
    ) {
        self.subject = subject
        self.claims = claims
        self.expires = expires
        self.permissions = permissions
        self.renew = renew
    }
}

/// A newer token was refused: the reason may be shown to the client.
public struct RenewalRefused: Error, Sendable, Equatable {
    public var reason: String

    public init(reason: String) { self.reason = reason }
}

/// Which subjects a client may reach.
public struct Permissions: Sendable, Hashable {
    /// Patterns; nil: all.
    public var publish: [String]?
    public var subscribe: [String]?

    public init(publish: [String]? = nil, subscribe: [String]? = nil) {
        self.publish = publish
        self.subscribe = subscribe
    }

    public static let all = Permissions()

    public func allowsPublish(_ subject: String) -> Bool {
        publish?.contains { Subject.matches($0, subject) } ?? true
    }

    /// - Parameter pattern: every subject that it covers must be allowed by one of the patterns.
    public func allowsSubscribe(_ pattern: String) -> Bool {
        subscribe?.contains { Subject.covers($0, pattern) } ?? true
    }
}
