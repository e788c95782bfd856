import NATSClient

/// An operator with one account, and users of it: what `nsc` would make.
struct TestOperator {
    let operatorKey = TestOperator.newKey(.operator)
    let accountKey = TestOperator.newKey(.account)

    static func newKey(_ owner: NATSKey.Owner) -> NATSKey {
        var generator = SystemRandomNumberGenerator()
        let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        // 32 bytes are always a secret.
        return NATSKey(owner: owner, secret: secret)!
    }

    private static let limits = """
        "limits":{"subs":-1,"conn":-1,"leaf":-1,"imports":-1,"exports":-1,"data":-1,"payload":-1,"wildcards":true}
        """

    /// Lines of a server's configuration that trusts this operator and knows the account.
    var serverLines: String {
        let claims = "{\(Self.limits),\"type\":\"account\",\"version\":2}"
        let account = Self.token(by: operatorKey, about: accountKey.publicKey, nats: claims)
        let itself = Self.token(
            by: operatorKey, about: operatorKey.publicKey, nats: #"{"type":"operator","version":2}"#)
        return """
            operator: "\(itself)"
            resolver: MEMORY
            resolver_preload: { \(accountKey.publicKey): "\(account)" }
            """
    }

    /// The text of a `.creds` file for a new user.
    ///
    /// - Parameters:
    ///   - expires: seconds since 1970; nil: never.
    ///   - permissions: members of the user's claims, such as `"pub":{"allow":["a"]}`.
    func credentials(expires: Int? = nil, permissions: String? = nil) -> String {
        let user = Self.newKey(.user)
        let claims = [permissions, #""subs":-1,"data":-1,"payload":-1,"type":"user","version":2"#].compactMap { $0 }
        let jwt = Self.token(
            by: accountKey, about: user.publicKey, nats: "{\(claims.joined(separator: ","))}", expires: expires)
        return """
            -----BEGIN NATS USER JWT-----
            \(jwt)
            ------END NATS USER JWT------

            ************************* IMPORTANT *************************
            NKEY Seed printed below can be used to sign and prove identity.

            -----BEGIN USER NKEY SEED-----
            \(user.seed)
            ------END USER NKEY SEED------

            *************************************************************

            """
    }

    private static func token(by issuer: NATSKey, about subject: String, nats: String, expires: Int? = nil) -> String {
        let header = #"{"typ":"JWT","alg":"ed25519-nkey"}"#
        let expiry = expires.map { #""exp":\#($0),"# } ?? ""
        let names = #""iss":"\#(issuer.publicKey)","sub":"\#(subject)","name":"test","jti":"\#(subject.suffix(12))""#
        let claims = #"{\#(names),\#(expiry)"iat":1700000000,"nats":\#(nats)}"#
        let body = NATSBase64URL.encode(Array(header.utf8)) + "." + NATSBase64URL.encode(Array(claims.utf8))
        return body + "." + NATSBase64URL.encode(issuer.signature(of: body))
    }
}
