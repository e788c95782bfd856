package import PluginKit

/// What a guard found out about a client.
package struct Grant: Sendable, Equatable {
    package var subject: String?
    package var claims: [String: String]
    /// In seconds since 1970; nil: never.
    package var expires: Int64?
    package var permissions: Permissions

    package init(
        subject: String? = nil, claims: [String: String] = [:], expires: Int64? = nil, permissions: Permissions = .all
    ) {
        self.subject = subject
        self.claims = claims
        self.expires = expires
        self.permissions = permissions
    }

    /// Whether what it let in with has expired.
    var isOver: Bool { expires.map { $0 <= WallClock.seconds() } ?? false }

    package func identity(renew: Identity.Renewal? = nil) -> Identity {
        Identity(subject: subject, claims: claims, expires: expires, permissions: permissions, renew: renew)
    }
}
