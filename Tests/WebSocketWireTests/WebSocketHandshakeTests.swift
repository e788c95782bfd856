import PluginKit
import Testing
import WebSocketWire

@Suite struct WebSocketHandshakeTests {
    /// The first is the RFC's own (§1.3).
    @Test(arguments: [
        ("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ("x3JJHMbDL1EzLkh9GBhXDw==", "HSmrc0sMlYUkAGmm5OPpG2HaGWk="),
    ])
    func acceptKeys(_ key: String, _ accept: String) {
        #expect(WebSocketHandshake.acceptKey(for: key) == accept)
    }

    @Test(arguments: ["AQIDBAUGBwgJCgsMDQ4PEA==", "AQIDBAUGBwgJCgsMDQ4PEC==", "++++++++++++++////////=="])
    func takesKeysOfSixteenBytes(_ key: String) {
        #expect(WebSocketHandshake.acceptKey(for: key) != nil)
    }

    @Test(arguments: [
        "", "==", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===",
        "dGhlIHNhbXBsZSBub25jZQA=", "dGhlIHNhbXBsZSBub25jZQAA", "dGhlIHNhbXBsZSBub25=ZQ==", "dGhlIHNhbXBsZSBub25-ZQ==",
        " dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZ\r\n", "dGhlIHNhbXBsZSBub25jé==", "YWJjZA==",
    ])
    func refusesOthers(_ key: String) {
        #expect(WebSocketHandshake.acceptKey(for: key) == nil)
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// RFC 3174 §7.3, the empty string, and lengths on both sides of where the padding needs another block.
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
        (String(repeating: "a", count: 55), "c1c8bbdc22796e28c0e15163d20899b65621d65a"),
        (String(repeating: "a", count: 64), "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
        (String(repeating: "a", count: 100_000), "c4d4b30851182fc4eb8675494d42fd7f17e29c93"),
    ])
    func sha1(_ text: String, _ expected: String) {
        let bytes = Array(text.utf8)
        var hash = SHA1()
        for chunk in bytes.chunks(of: 37) { hash.update(chunk.span) }
        #expect(hex(hash.finish()) == expected)
    }

    /// RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"), ("\u{7F}~?>", "f34/Pg=="),
    ])
    func base64(_ text: String, _ expected: String) {
        #expect(Base64.encode(Array(text.utf8)) == expected)
    }
}
