internal import NATSClient
internal import PluginKit

/// What a token must be like, besides being signed with one of the keys.
package struct TokenCheck: Sendable {
    package var algorithms: Set<String>
    package var issuer: String?
    package var audience: String?
    /// By how many seconds its issuer's clock and ours may differ.
    package var leeway: Int64
    package var rules: PermissionRules

    package init(
        algorithms: Set<String>, issuer: String? = nil, audience: String? = nil, leeway: Int64 = 0,
        rules: PermissionRules
    ) {
        self.algorithms = algorithms
        self.issuer = issuer
        self.audience = audience
        self.leeway = leeway
        self.rules = rules
    }

    /// - Parameter now: in seconds since 1970.
    package func grant(
        _ token: CompactToken, keys: [VerificationKey], now: Int64
    ) throws(TokenRefusal) -> Grant {
        guard algorithms.contains(token.algorithm) else { throw .algorithm }
        try verify(token, keys)
        guard let claims = Claims(token.payload) else { throw .malformed }
        let expires = try checkTimes(claims, now)
        if let issuer, claims["iss"]?.string != issuer { throw .issuer }
        if let audience, !Self.isFor(audience, claims) { throw .audience }
        let permissions: Permissions
        do throws(SubjectPattern.Unfit) {
            permissions = try rules.permissions(claims)
        } catch {
            throw .unfit(claim: error.claim)
        }
        return Grant(
            subject: claims["sub"]?.string, claims: claims.scalars, expires: expires, permissions: permissions)
    }

    /// A key with the token's `kid` has the last word; where either has none, all keys of the algorithm are tried.
    private func verify(_ token: CompactToken, _ keys: [VerificationKey]) throws(TokenRefusal) {
        let named = keys.filter { $0.id != nil && $0.id == token.keyID && $0.algorithm == token.algorithm }
        if !named.isEmpty {
            guard named.contains(where: { $0.verifies(token) }) else { throw .signature }
            return
        }
        let candidates = keys.filter { $0.id == nil || token.keyID == nil }
        guard candidates.contains(where: { $0.verifies(token) }) else { throw .unknownKey }
    }

    /// Returns when the grant ends: the leeway is part of it.
    private func checkTimes(_ claims: Claims, _ now: Int64) throws(TokenRefusal) -> Int64? {
        if let early = claims.time("nbf") {
            guard let early else { throw .malformed }
            let (start, overflow) = early.subtractingReportingOverflow(leeway)
            guard overflow || start <= now else { throw .early }
        }
        guard let end = claims.time("exp") else { return nil }
        guard let end else { throw .malformed }
        let (expires, overflow) = end.addingReportingOverflow(leeway)
        guard !overflow else { return nil }
        guard now < expires else { throw .expired }
        return expires
    }

    /// RFC 7519 §4.1.3.
    private static func isFor(_ audience: String, _ claims: Claims) -> Bool {
        switch claims["aud"] {
        case .string(let name)?: name == audience
        case .array(let names)?: names.contains(.string(audience))
        default: false
        }
    }
}
