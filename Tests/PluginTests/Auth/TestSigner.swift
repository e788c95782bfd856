import AuthPlugin
import Crypto
import CryptoExtras
import Foundation
import Testing

/// Signs tokens, with swift-crypto alone: what jwt-kit accepts is not what it made itself.
struct TestSigner: Sendable, CustomTestStringConvertible {
    enum Key: Sendable {
        case secret([UInt8])
        case rsa(_RSA.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
        case ed25519(Curve25519.Signing.PrivateKey)
    }

    let key: Key
    var id: String?

    static let hs256 = TestSigner(key: .secret(Array("a secret of more than 32 bytes, for tests".utf8)))
    static let rs256 = TestSigner(key: .rsa(try! .init(keySize: .bits2048)), id: "rsa")
    static let es256 = TestSigner(key: .p256(.init()), id: "ec")
    static let eddsa = TestSigner(key: .ed25519(.init()), id: "okp")
    static let all = [hs256, rs256, es256, eddsa]

    var testDescription: String { algorithm }

    var algorithm: String {
        switch key {
        case .secret: "HS256"
        case .rsa: "RS256"
        case .p256: "ES256"
        case .ed25519: "EdDSA"
        }
    }

    /// - Parameter header: instead of `alg` and `kid`.
    func token(_ claims: String, header: String? = nil) throws -> String {
        let fields = [("alg", algorithm), ("kid", id)].compactMap { name, value in value.map { #""\#(name)":"\#($0)""# }
        }
        let signed = "\(encoded(header ?? "{\(fields.joined(separator: ","))}")).\(encoded(claims))"
        return "\(signed).\(encoded(try signature(Array(signed.utf8))))"
    }

    func signature(_ bytes: [UInt8]) throws -> [UInt8] {
        switch key {
        case .secret(let secret):
            return Array(HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: secret)))
        case .rsa(let key):
            return Array(
                try key.signature(for: SHA256.hash(data: bytes), padding: .insecurePKCS1v1_5).rawRepresentation)
        case .p256(let key): return Array(try key.signature(for: bytes).rawRepresentation)
        case .ed25519(let key): return Array(try key.signature(for: bytes))
        }
    }

    /// The public key, or the secret one of HS256, as a member of a JWK set.
    ///
    /// - Parameter more: members besides, `"use":"sig"`.
    func jwk(_ more: String = "") throws -> String {
        var members: [String]
        switch key {
        case .secret(let secret): members = [#""kty":"oct","k":"\#(encoded(secret))""#]
        case .rsa(let key):
            let numbers = try key.publicKey.getKeyPrimitives()
            let (modulus, exponent) = (Array(numbers.modulus), Array(numbers.publicExponent))
            members = [#""kty":"RSA","n":"\#(encoded(modulus))","e":"\#(encoded(exponent))""#]
        case .p256(let key):
            let point = Array(key.publicKey.rawRepresentation)
            let (x, y) = (encoded(Array(point[..<32])), encoded(Array(point[32...])))
            members = [#""kty":"EC","crv":"P-256","x":"\#(x)","y":"\#(y)""#]
        case .ed25519(let key):
            members = [#""kty":"OKP","crv":"Ed25519","x":"\#(encoded(Array(key.publicKey.rawRepresentation)))""#]
        }
        if let id { members.append(#""kid":"\#(id)""#) }
        if !more.isEmpty { members.append(more) }
        return "{\(members.joined(separator: ","))}"
    }

    var verificationKey: VerificationKey {
        get async throws {
            let set = try KeySet(Array(Self.set([self]).utf8), allowsSecrets: true)
            guard let material = set.keys.first else { throw Unexpected("\(set.ignored)") }
            return try await VerificationKey(material)
        }
    }

    /// A JWK set of their keys.
    static func set(_ signers: [TestSigner]) throws -> String {
        "{\"keys\":[\(try signers.map { try $0.jwk() }.joined(separator: ","))]}"
    }
}

/// Base64 for URLs, by Foundation.
func encoded(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}

func encoded(_ text: String) -> String { encoded(Array(text.utf8)) }
