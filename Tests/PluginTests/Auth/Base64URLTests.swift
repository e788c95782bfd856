import AuthPlugin
import TestSupport
import Testing

@Suite("Base64 for URLs") struct Base64URLTests {
    @Test(arguments: [
        ("", ""), ("Zg", "f"), ("Zm8", "fo"), ("Zm9v", "foo"), ("Zm9vYg", "foob"), ("Zm9vYmE", "fooba"),
        ("Pz8-", "??>"),
        ("fn5-", "~~~"),
    ])
    func decodes(_ text: String, _ expected: String) {
        #expect(Base64URL.decode(text.utf8) == Array(expected.utf8))
    }

    @Test(arguments: ["A", "Zg==", "Zm9vA", "Zh", "Zm9", "Zm 8", "Zm8\n", "Zm+v", "Zm/v", "Zm8é", "Zm9v.Zg"])
    func refuses(_ text: String) {
        #expect(Base64URL.decode(text.utf8) == nil)
    }

    @Test func everythingThatAnEncoderWrites() {
        var generator = SeededGenerator(seed: 4648)
        for count in 0..<300 {
            let bytes = generator.bytes(count)
            #expect(Base64URL.decode(encoded(bytes).utf8) == bytes)
        }
    }
}
