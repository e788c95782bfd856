import AuthPlugin
import Foundation
import TestSupport
import Testing

@Suite("Key sets") struct KeySetTests {
    private func read(_ jwk: String, allowsSecrets: Bool = true) throws -> KeySet {
        try KeySet(Array("{\"keys\":[\(jwk)]}".utf8), allowsSecrets: allowsSecrets)
    }

    @Test(arguments: TestSigner.all, ["", #""use":"sig""#, #""key_ops":["verify"]"#, #""x5t":"abc","d":"AAAA""#])
    func takes(_ signer: TestSigner, _ more: String) throws {
        let set = try read(try signer.jwk(more))
        #expect(set.ignored == [])
        #expect(set.keys.map(\.algorithm) == [signer.algorithm])
        #expect(set.keys.map(\.id) == [signer.id])
    }

    @Test(arguments: TestSigner.all)
    func takesTheRightAlgorithmOnly(_ signer: TestSigner) throws {
        #expect(try read(signer.jwk(#""alg":"\#(signer.algorithm)""#)).keys.count == 1)
        #expect(try read(signer.jwk(#""alg":"RS512""#)).keys.isEmpty)
        #expect(try read(signer.jwk(#""alg":"none""#)).keys.isEmpty)
        #expect(try read(signer.jwk(#""alg":5"#)).keys.isEmpty)
        #expect(try read(signer.jwk(#""use":"enc""#)).keys.isEmpty)
        #expect(try read(signer.jwk(#""key_ops":["sign"]"#)).keys.isEmpty)
    }

    static let x32 = encoded(Array(repeating: 1, count: 32))
    static let n256 = encoded(Array(repeating: 0xC1, count: 256))

    @Test(arguments: [
        "5", "[]", "{}", #"{"kty":7}"#, #"{"kty":"DSA"}"#,
        #"{"kty":"RSA"}"#, #"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, #"{"kty":"RSA","n":"\#(n256)"}"#,
        #"{"kty":"RSA","n":"\#(n256)","e":""}"#, #"{"kty":"RSA","n":"\#(n256)","e":"AA"}"#,
        #"{"kty":"RSA","n":"\#(n256)","e":"AQ"}"#, #"{"kty":"RSA","n":"\#(n256)","e":"BA"}"#,
        #"{"kty":"RSA","n":"\#(encoded(Array(repeating: 0, count: 256)))","e":"AQAB"}"#,
        #"{"kty":"RSA","n":"\#(String(repeating: "A", count: 100_000))","e":"AQAB"}"#,
        #"{"kty":"EC","crv":"P-256","x":"\#(x32)","y":"\#(x32)"}"#, #"{"kty":"EC","crv":"P-256","x":"\#(x32)"}"#,
        #"{"kty":"EC","crv":"P-384","x":"\#(x32)","y":"\#(x32)"}"#, #"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#,
        #"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#, #"{"kty":"OKP","crv":"X25519","x":"\#(x32)"}"#,
        #"{"kty":"oct","k":"AAAA"}"#, #"{"kty":"oct"}"#,
    ])
    func leavesOut(_ jwk: String) throws {
        let set = try read(jwk)
        #expect(set.keys.isEmpty)
        #expect(set.ignored.count == 1)
        #expect(set.ignored.first?.hasPrefix("key 1: ") == true)
    }

    @Test func leavesOutSecretsThatArePublished() throws {
        #expect(
            try read(TestSigner.hs256.jwk(), allowsSecrets: false).ignored == [
                "key 1: a secret that is published is none"
            ])
    }

    @Test func takesTheOthersOfASet() throws {
        let json =
            "{\"keys\":[{\"kty\":\"new\"},\(try TestSigner.es256.jwk()),7,\(try TestSigner.eddsa.jwk())],\"x\":1}"
        let set = try KeySet(Array(json.utf8), allowsSecrets: false)
        #expect(set.keys.map(\.algorithm) == ["ES256", "EdDSA"])
        #expect(set.ignored.count == 2)
    }

    @Test func isBounded() throws {
        let key = try TestSigner.eddsa.jwk()
        let set = try read(Array(repeating: key, count: KeySet.limit + 3).joined(separator: ","))
        #expect(set.keys.count == KeySet.limit)
        #expect(set.ignored.count == 3)
    }

    @Test(arguments: ["", "{", "[]", "{}", #"{"keys":{}}"#, #"{"keys":null}"#, "<html>"])
    func refuses(_ json: String) {
        #expect(throws: Problem.self) { try KeySet(Array(json.utf8), allowsSecrets: true) }
    }

    /// Whatever a server sends, nothing breaks; keys that seem sound are tried on a token.
    @Test func strangeSetsAreHarmless() async throws {
        var generator = SeededGenerator(seed: 7517)
        let json = Array(try TestSigner.set(TestSigner.all).utf8)
        let tokens = try TestSigner.all.map { try #require(CompactToken($0.token("{}"))) }
        var keys = 0
        for _ in 0..<1500 {
            let bytes = mutated(json, with: Array("{}[]\",:\\AB-_=0".utf8), using: &generator)
            guard let set = try? KeySet(bytes, allowsSecrets: true) else { continue }
            for material in set.keys {
                keys += 1
                let key = try await VerificationKey(material)
                for token in tokens { _ = key.verifies(token) }
            }
        }
        #expect(keys > 100)
    }
}
