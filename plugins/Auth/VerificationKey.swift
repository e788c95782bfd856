internal import JWTKit

/// A key that signatures are verified with, for one algorithm: what a token says of its own never chooses another.
package struct VerificationKey: Sendable {
    /// `kid`; nil for a key that may have signed any token.
    package let id: String?
    /// The `alg` of the tokens it verifies (RFC 7518 §3.1, RFC 8037 §3.1).
    package let algorithm: String
    private let verifier: any JWTAlgorithm

    /// - Throws: if the material cannot be used after all.
    package init(_ material: KeyMaterial) async throws {
        let keys = JWTKeyCollection()
        let name: JWKIdentifier = "key"
        switch material.value {
        case .secret(let key): await keys.add(hmac: key, digestAlgorithm: .sha256, kid: name)
        case .rsa(let key): await keys.add(rsa: key, digestAlgorithm: .sha256, kid: name)
        case .p256(let key): await keys.add(ecdsa: key, kid: name)
        case .ed25519(let key): await keys.add(eddsa: key, kid: name)
        }
        id = material.id
        algorithm = material.algorithm
        verifier = try await keys.getKey(for: name)
    }

    package func verifies(_ token: CompactToken) -> Bool {
        guard token.algorithm == algorithm else { return false }
        return (try? verifier.verify(token.signature, signs: token.signedPart)) ?? false
    }
}
