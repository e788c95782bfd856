import AuthPlugin
import CryptoExtras
import PluginKit
import Testing

@Suite("Checks of tokens") struct TokenCheckTests {
    private static let now: Int64 = 1_800_000_000

    private func grant(
        _ token: String, _ signers: [TestSigner], issuer: String? = nil, audience: String? = nil, leeway: Int64 = 0,
        algorithms: Set<String> = ["HS256", "RS256", "ES256", "EdDSA"]
    ) async throws -> Grant {
        var keys: [VerificationKey] = []
        for signer in signers { keys.append(try await signer.verificationKey) }
        let check = TokenCheck(
            algorithms: algorithms, issuer: issuer, audience: audience, leeway: leeway, rules: try PermissionRules(nil))
        return try check.grant(try #require(CompactToken(token)), keys: keys, now: Self.now)
    }

    @Test(arguments: TestSigner.all)
    func everyAlgorithm(_ signer: TestSigner) async throws {
        let token = try signer.token(#"{"sub":"ada","exp":1800000060,"org":{"id":7,"big":true},"list":[1],"x":null}"#)
        let grant = try await grant(token, TestSigner.all)
        #expect(grant.subject == "ada")
        #expect(grant.expires == 1_800_000_060)
        #expect(grant.claims == ["sub": "ada", "exp": "1800000060", "org.id": "7", "org.big": "true"])
        #expect(grant.permissions == .all)
    }

    @Test(arguments: TestSigner.all)
    func anotherKeyOfTheSameKind(_ signer: TestSigner) async throws {
        let other: TestSigner.Key =
            switch signer.key {
            case .secret: .secret(Array(repeating: 7, count: 32))
            case .rsa: .rsa(try .init(keySize: .bits2048))
            case .p256: .p256(.init())
            case .ed25519: .ed25519(.init())
            }
        let token = try TestSigner(key: other, id: signer.id).token("{}")
        // Named by its id, it is wrong; without one, a newer key may fit.
        let refusal: TokenRefusal = signer.id == nil ? .unknownKey : .signature
        await #expect(throws: refusal) { try await grant(token, TestSigner.all) }
        let unnamed = try TestSigner(key: other).token("{}")
        await #expect(throws: TokenRefusal.unknownKey) { try await grant(unnamed, TestSigner.all) }
        let named = try TestSigner(key: other, id: "new").token("{}")
        await #expect(throws: TokenRefusal.unknownKey) { try await grant(named, TestSigner.all) }
    }

    /// A key with an id is for tokens that name it or none; one without for all.
    @Test(arguments: [(nil, nil, true), ("a", nil, true), (nil, "a", true), ("a", "a", true), ("a", "b", false)])
    func keyIDs(_ ofKey: String?, _ ofToken: String?, _ fits: Bool) async throws {
        let key = TestSigner.eddsa.key
        let token = try TestSigner(key: key, id: ofToken).token("{}")
        let grant = try? await grant(token, [TestSigner(key: key, id: ofKey)])
        #expect((grant != nil) == fits)
    }

    /// The classic: the public key, known to all, as the secret of HS256.
    @Test func aPublicKeyIsNoSecret() async throws {
        guard case .rsa(let key) = TestSigner.rs256.key else { return }
        let texts = [
            Array(key.publicKey.pemRepresentation.utf8), Array(key.publicKey.derRepresentation),
            Array(try TestSigner.rs256.jwk().utf8), Array(try key.publicKey.getKeyPrimitives().modulus),
        ]
        for text in texts {
            for id in [nil, "rsa"] {
                let token = try TestSigner(key: .secret(text), id: id).token("{}")
                await #expect(throws: TokenRefusal.unknownKey) { try await grant(token, [.rs256]) }
                await #expect(throws: TokenRefusal.algorithm) {
                    try await grant(token, [.rs256], algorithms: ["RS256", "ES256", "EdDSA"])
                }
            }
        }
    }

    @Test(arguments: ["none", "None", "NONE", "", "HS384", "HS512", "RS512", "PS256", "ES384", "hs256", "HS256 "])
    func otherAlgorithms(_ name: String) async throws {
        for signer in TestSigner.all {
            let token = try signer.token("{}", header: #"{"alg":"\#(name)"}"#)
            await #expect(throws: TokenRefusal.algorithm) { try await grant(token, TestSigner.all) }
            let unsigned = String(token[...token.lastIndex(of: ".")!])
            await #expect(throws: TokenRefusal.algorithm) { try await grant(unsigned, TestSigner.all) }
        }
    }

    /// A token that names the algorithm of another key is not verified by it.
    @Test(arguments: TestSigner.all, TestSigner.all)
    func namesOfOtherAlgorithms(_ signer: TestSigner, _ other: TestSigner) async throws {
        let token = try signer.token("{}", header: #"{"alg":"\#(other.algorithm)"}"#)
        let grant = try? await grant(token, TestSigner.all)
        #expect((grant != nil) == (signer.algorithm == other.algorithm))
    }

    @Test(
        arguments: [
            (#"{"exp":1800000000}"#, 0, TokenRefusal.expired), (#"{"exp":1800000001}"#, 0, nil),
            (#"{"exp":1799999996}"#, 5, nil), (#"{"exp":1799999995}"#, 5, .expired), (#"{"exp":0}"#, 0, .expired),
            (#"{"exp":-5}"#, 0, .expired), (#"{"exp":1800000000.9}"#, 0, .expired),
            (#"{"exp":1.8000000019e9}"#, 0, nil),
            (#"{"exp":9223372036854775807}"#, 5, nil), (#"{"exp":1e300}"#, 0, .malformed),
            (#"{"exp":"soon"}"#, 0, .malformed),
            (#"{"exp":"1900000000"}"#, 0, .malformed), (#"{"exp":null}"#, 0, .malformed),
            (#"{"exp":[1]}"#, 0, .malformed),
            (#"{"nbf":1800000000}"#, 0, nil), (#"{"nbf":1800000001}"#, 0, .early), (#"{"nbf":1800000005}"#, 5, nil),
            (#"{"nbf":1800000006}"#, 5, .early), (#"{"nbf":-9223372036854775808}"#, 5, nil),
            (#"{"nbf":true}"#, 0, .malformed),
            (#"{}"#, 0, nil), ("[]", 0, .malformed), ("7", 0, .malformed), ("", 0, .malformed), ("{", 0, .malformed),
        ] as [(String, Int64, TokenRefusal?)])
    func times(_ claims: String, _ leeway: Int64, _ refusal: TokenRefusal?) async throws {
        let token = try TestSigner.hs256.token(claims)
        if let refusal {
            await #expect(throws: refusal) { try await grant(token, [.hs256], leeway: leeway) }
        } else {
            await #expect(throws: Never.self) { try await grant(token, [.hs256], leeway: leeway) }
        }
    }

    @Test func theLeewayIsPartOfTheGrant() async throws {
        #expect(
            try await grant(TestSigner.hs256.token(#"{"exp":1799999998}"#), [.hs256], leeway: 5).expires == Self.now + 3
        )
    }

    @Test(
        arguments: [
            (#"{"iss":"us","aud":"api"}"#, nil), (#"{"iss":"us","aud":["web","api"]}"#, nil),
            (#"{"iss":"them","aud":"api"}"#, TokenRefusal.issuer), (#"{"aud":"api"}"#, .issuer),
            (#"{"iss":["us"],"aud":"api"}"#, .issuer), (#"{"iss":"us","aud":"web"}"#, .audience),
            (#"{"iss":"us","aud":["web"]}"#, .audience), (#"{"iss":"us","aud":[]}"#, .audience),
            (#"{"iss":"us"}"#, .audience), (#"{"iss":"us","aud":{"api":1}}"#, .audience),
            (#"{"iss":"us","aud":"API"}"#, .audience),
        ] as [(String, TokenRefusal?)])
    func issuerAndAudience(_ claims: String, _ refusal: TokenRefusal?) async throws {
        let token = try TestSigner.hs256.token(claims)
        if let refusal {
            await #expect(throws: refusal) { try await grant(token, [.hs256], issuer: "us", audience: "api") }
        } else {
            await #expect(throws: Never.self) { try await grant(token, [.hs256], issuer: "us", audience: "api") }
        }
        await #expect(throws: Never.self) { try await grant(token, [.hs256]) }
    }
}
