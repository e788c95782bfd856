internal import JWTKit
package import NATSClient

/// A key as it was configured or published, found sound.
package struct KeyMaterial: Sendable {
    enum Value: Sendable {
        case secret(HMACKey)
        case rsa(Insecure.RSA.PublicKey)
        case p256(ES256PublicKey)
        case ed25519(EdDSA.PublicKey)
    }

    package let id: String?
    let value: Value

    package var algorithm: String {
        switch value {
        case .secret: "HS256"
        case .rsa: "RS256"
        case .p256: "ES256"
        case .ed25519: "EdDSA"
        }
    }

    /// A shared secret of at least 32 bytes (RFC 7518 §3.2).
    package init(secret: [UInt8], id: String? = nil) throws(Problem) {
        guard secret.count >= 32 else { throw Problem("a secret for HS256 has at least 32 bytes") }
        value = .secret(HMACKey(from: secret))
        self.id = id
    }

    /// A member of a JWK set (RFC 7517 §4). Private parts are not looked at.
    ///
    /// - Parameter allowsSecrets: whether `oct` keys are taken: not from what is published.
    package init(jwk: NATSJSON, allowsSecrets: Bool) throws(Problem) {
        guard let members = jwk.object, let type = members["kty"]?.string else { throw Problem("it is no key") }
        let reader = Reader(members: members)
        switch type {
        case "RSA": value = .rsa(try reader.rsa())
        case "EC": value = .p256(try reader.p256())
        case "OKP": value = .ed25519(try reader.ed25519())
        case "oct":
            guard allowsSecrets else { throw Problem("a secret that is published is none") }
            let secret = try reader.bytes("k", counts: 0...Reader.longest)
            self = try KeyMaterial(secret: secret, id: members["kid"]?.string)
            try reader.check(algorithm: algorithm)
            return
        default: throw Problem("keys of the type '\(type.prefix(20))' are not known")
        }
        id = members["kid"]?.string
        try reader.check(algorithm: algorithm)
    }

    /// What the members of a key say, by its type (RFC 7518 §6, RFC 8037 §2).
    private struct Reader {
        /// Of one number, in bytes: RSA keys of 16,384 bits.
        static let longest = 2048

        let members: [String: NATSJSON]

        func check(algorithm: String) throws(Problem) {
            if let named = members["alg"], named.string != algorithm {
                throw Problem("it is for another algorithm than \(algorithm)")
            }
            if let use = members["use"], use.string != "sig" { throw Problem("it is not for signatures") }
            if let uses = members["key_ops"], uses.array?.contains(.string("verify")) != true {
                throw Problem("it is not for verifying")
            }
        }

        func bytes(_ name: String, counts: ClosedRange<Int>) throws(Problem) -> [UInt8] {
            guard let text = members[name]?.string, text.utf8.count <= 2 * Self.longest,
                let bytes = Base64URL.decode(text.utf8), counts.contains(bytes.count)
            else { throw Problem("its '\(name)' is missing or wrong") }
            return bytes
        }

        private func text(_ name: String, counts: ClosedRange<Int>) throws(Problem) -> String {
            _ = try bytes(name, counts: counts)
            return members[name]?.string ?? ""
        }

        func rsa() throws(Problem) -> Insecure.RSA.PublicKey {
            let modulus = try text("n", counts: 256...Self.longest)
            let exponent = try text("e", counts: 1...8)
            do {
                return try Insecure.RSA.PublicKey(modulus: modulus, exponent: exponent)
            } catch {
                throw Problem("it is no RSA key of at least 2048 bits")
            }
        }

        func p256() throws(Problem) -> ES256PublicKey {
            guard members["crv"]?.string == "P-256" else { throw Problem("of the curves only P-256 is known") }
            let parameters = (x: try text("x", counts: 32...32), y: try text("y", counts: 32...32))
            do {
                return try ES256PublicKey(parameters: parameters)
            } catch {
                throw Problem("it is no point of P-256")
            }
        }

        func ed25519() throws(Problem) -> EdDSA.PublicKey {
            guard members["crv"]?.string == "Ed25519" else {
                throw Problem("of the Edwards curves only Ed25519 is known")
            }
            let x = try text("x", counts: 32...32)
            do {
                return try EdDSA.PublicKey(x: x, curve: .ed25519)
            } catch {
                throw Problem("it is no key of Ed25519")
            }
        }
    }
}
