import AuthPlugin
import PluginKit
import TestSupport
import Testing

@Suite("Compact tokens") struct CompactTokenTests {
    @Test func partsOfAToken() throws {
        let text = try TestSigner.rs256.token(#"{"sub":"ada"}"#)
        let token = try #require(CompactToken(text))
        #expect(token.algorithm == "RS256")
        #expect(token.keyID == "rsa")
        #expect(token.payload == Array(#"{"sub":"ada"}"#.utf8))
        #expect(String(decoding: token.signedPart, as: UTF8.self) == text[..<text.lastIndex(of: ".")!])
        #expect(token.signature.count == 256)
    }

    static let payload = encoded("{}")

    @Test(arguments: [
        "", ".", "..", "...", "a.b.c", "token", "\u{0}.\u{0}.\u{0}",
        "\(encoded(#"{"alg":"HS256"}"#)).\(payload)",
        "\(encoded(#"{"alg":"HS256"}"#)).\(payload).c2ln.c2ln",
        "\(encoded(#"{"alg":"HS256"}"#)).\(payload).c2ln.c2ln.c2ln",
        "\(encoded(#"{"alg":"HS256"}"#))=.\(payload).c2ln",
        " \(encoded(#"{"alg":"HS256"}"#)).\(payload).c2ln",
        "\(encoded(#"{"alg":"HS256"}"#)).\(payload).c2ln\n",
        "\(encoded(#"{"alg":1}"#)).\(payload).c2ln",
        "\(encoded(#"{"alg":null}"#)).\(payload).c2ln",
        "\(encoded(#"{"kid":"a"}"#)).\(payload).c2ln",
        "\(encoded(#"{"alg":"HS256","kid":7}"#)).\(payload).c2ln",
        "\(encoded(#"{"alg":"HS256","crit":["b64"],"b64":false}"#)).\(payload).c2ln",
        "\(encoded(#"["alg","HS256"]"#)).\(payload).c2ln",
        "\(encoded(#"{"alg":"HS256""#)).\(payload).c2ln",
        "\(encoded(String(repeating: "[", count: 9000))).\(payload).c2ln",
        "\(encoded(#"{"alg":"HS256"}"#)).\(payload).\(String(repeating: "A", count: CompactToken.sizeLimit))",
    ])
    func refuses(_ text: String) {
        #expect(CompactToken(text) == nil)
    }

    /// Whatever is done to a token, it is refused and nothing breaks.
    @Test(arguments: TestSigner.all)
    func changedTokensAreRefused(_ signer: TestSigner) async throws {
        var generator = SeededGenerator(seed: 7519)
        let keys = [try await signer.verificationKey]
        let check = TokenCheck(algorithms: [signer.algorithm], rules: try PermissionRules(nil))
        let text = try signer.token(#"{"sub":"ada","exp":4000000000,"org":{"id":7},"aud":["a","b"]}"#)
        #expect(throws: Never.self) { try check.grant(#require(CompactToken(text)), keys: keys, now: 0) }
        var parsed = 0
        for _ in 0..<4000 {
            let bytes = mutated(Array(text.utf8), with: Array(".=-_{}[]\"\\,:\u{0}eyJ".utf8), using: &generator)
            let changed = String(decoding: bytes, as: UTF8.self)
            guard changed != text, let token = CompactToken(changed) else { continue }
            parsed += 1
            #expect(throws: TokenRefusal.self, "\(changed)") { try check.grant(token, keys: keys, now: 0) }
        }
        // Not all of them by the parser already.
        #expect(parsed > 100)
    }

    /// Claims that are signed, and nonsense all the same.
    @Test func strangeClaimsAreRefusedOrHarmless() async throws {
        var generator = SeededGenerator(seed: 8259)
        let keys = [try await TestSigner.hs256.verificationKey]
        let rules = try PermissionRules(
            .map(["publish": .list([.string("user.{sub}.>"), .map(["claim": .string("org.rights")])])]))
        let check = TokenCheck(algorithms: ["HS256"], issuer: "us", audience: "a", leeway: 5, rules: rules)
        let claims = #"{"sub":"ada","iss":"us","exp":4000000000,"nbf":-1.5e3,"org":{"rights":["a.>"]},"aud":["a","b"]}"#
        var granted = 0
        for _ in 0..<4000 {
            let bytes = mutated(
                Array(claims.utf8), with: Array("\u{0}{}[]\",:\\u0e-9.>* \u{FF}".utf8), using: &generator)
            let token = try TestSigner.hs256.token(String(decoding: bytes, as: UTF8.self))
            do {
                let grant = try check.grant(try #require(CompactToken(token)), keys: keys, now: 0)
                granted += 1
                for pattern in grant.permissions.publish ?? [] { #expect(!pattern.contains(" ")) }
            } catch is TokenRefusal {}
        }
        #expect(granted > 100)
    }
}
