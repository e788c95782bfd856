import Crypto
import NATSClient
import TestSupport
import Testing

@Suite struct NATSKeyTests {
    /// RFC 4648, section 10, without the padding.
    @Test(arguments: [
        ("", "", ""), ("f", "MY", "Zg"), ("fo", "MZXQ", "Zm8"), ("foo", "MZXW6", "Zm9v"), ("foob", "MZXW6YQ", "Zm9vYg"),
        ("fooba", "MZXW6YTB", "Zm9vYmE"), ("foobar", "MZXW6YTBOI", "Zm9vYmFy"), ("\u{3ff}", "Z67Q", "z78"),
        ("\u{7bf}~", "327X4", "3r9-"),
    ])
    func encodings(_ text: String, _ base32: String, _ base64: String) {
        #expect(NATSBase32.encode(Array(text.utf8)) == base32)
        #expect(NATSBase32.decode(base32) == Array(text.utf8))
        #expect(NATSBase64URL.encode(Array(text.utf8)) == base64)
    }

    /// Wrong letters, lengths that cannot be, bits left over.
    @Test(arguments: ["my", "M1", "MY======", "M", "MZX", "MZXW6Y", "MZ", "MZXR", "M Y", "MYÄ"])
    func refusesBase32(_ text: String) { #expect(NATSBase32.decode(text) == nil) }

    @Test(arguments: [("", 0 as UInt16), ("123456789", 0x31c3), ("A", 0x58e5)])
    func checksums(_ text: String, _ sum: UInt16) { #expect(NATSKey.checksum(Array(text.utf8)) == sum) }

    /// The pair of NATS's own documentation, and keys whose letters follow from their bytes.
    @Test func knownKeys() throws {
        let documented = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
        let key = try #require(NATSKey(seed: documented))
        #expect(key.owner == .user && key.seed == documented)
        #expect(key.publicKey == "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4")
        #expect("\(key)" == key.publicKey && String(reflecting: key) == key.publicKey)
        let letters: [NATSKey.Owner: String] = [
            .account: "A", .cluster: "C", .server: "N", .operator: "O", .user: "U",
        ]
        for owner in NATSKey.Owner.allCases {
            let key = try #require(NATSKey(owner: owner, secret: Array(0..<32)))
            #expect(key.publicKey.hasPrefix(letters[owner] ?? "?") && key.publicKey.utf8.count == 56)
            #expect(key.seed.hasPrefix("S" + (letters[owner] ?? "?")) && key.seed.utf8.count == 58)
            #expect(NATSKey(seed: key.seed)?.publicKey == key.publicKey)
        }
        #expect(NATSKey(owner: .user, secret: [1, 2, 3]) == nil)
    }

    @Test func signaturesAreGood() throws {
        let key = TestOperator.newKey(.user)
        let signature = key.signature(of: "nonce")
        let bytes = try #require(NATSKey.read(key.publicKey)).dropFirst()
        let publicKey = try Curve25519.Signing.PublicKey(rawRepresentation: Array(bytes))
        #expect(publicKey.isValidSignature(signature, for: Array("nonce".utf8)))
        #expect(!publicKey.isValidSignature(signature, for: Array("other".utf8)))
    }

    /// One wrong letter, one missing or one too many never passes, and a public key is no seed.
    @Test func damagedSeedsAreRefused() {
        var random = SeededGenerator(seed: 7)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        for _ in 0..<40 {
            let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let key = NATSKey(owner: .user, secret: secret)
            let seed = Array(key?.seed ?? "")
            #expect(NATSKey(seed: String(seed))?.seed == String(seed))
            for index in seed.indices {
                var damaged = seed
                let letter = alphabet.randomElement(using: &random) ?? "A"
                damaged[index] = letter == seed[index] ? "1" : letter
                #expect(NATSKey(seed: String(damaged)) == nil)
            }
            #expect(NATSKey(seed: String(seed.dropLast())) == nil && NATSKey(seed: String(seed) + "A") == nil)
            #expect(NATSKey(seed: key?.publicKey ?? "") == nil)
        }
    }

    @Test func bytesSurviveBothWays() {
        var random = SeededGenerator(seed: 8)
        for length in 0..<300 {
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            #expect(NATSBase32.decode(NATSBase32.encode(bytes)) == bytes)
            if length > 1 { #expect(NATSKey.read(NATSKey.written(bytes)) == bytes) }
        }
    }
}
