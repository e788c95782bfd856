import Foundation
import PluginKit
import TestSupport
import Testing

@Suite("JSON text")
struct JSONTextTests {
    @Test(
        "What Go's encoder writes",
        arguments: [
            ("", #""""#), ("plain", #""plain""#), (#"a"b\c/"#, #""a\"b\\c/""#), ("\n\r\t", #""\n\r\t""#),
            ("\u{8}\u{C}\u{0}\u{1F}", #""\u0008\u000c\u0000\u001f""#), ("<a>&", #""\u003ca\u003e\u0026""#),
            ("\u{2028}\u{2029}", #""\u2028\u2029""#), ("\u{7F}\u{80}", "\"\u{7F}\u{80}\""), ("é日🏭", #""é日🏭""#),
            // Neighbours of U+2028 and U+2029, and their first bytes at the end of the text.
            ("\u{2027}\u{202A}\u{2068}\u{28}\u{E2}", "\"\u{2027}\u{202A}\u{2068}(\u{E2}\""), ("\u{2028}", #""\u2028""#),
            // Not in the random texts: Foundation loses this one when it reads.
            ("a\u{FEFF}", "\"a\u{FEFF}\""),
        ])
    func table(text: String, json: String) {
        var out = Payload()
        JSONText.append(text, to: &out)
        #expect(out == Array(json.utf8))
    }

    @Test("Appends behind what is there")
    func appends() {
        var out = Payload(text: "[")
        JSONText.append("a", to: &out)
        JSONText.append("b", to: &out)
        #expect(out.text == #"["a""b""#)
    }

    @Test("Another reader reads back any text, and the bytes are safe in HTML")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 12)
        for _ in 0..<4000 {
            let text = Self.text(using: &generator)
            var out = Payload()
            JSONText.append(text, to: &out)
            let value = try JSONSerialization.jsonObject(with: Data(out), options: .fragmentsAllowed)
            let back = try #require(value as? String)
            try #require(Array(back.utf8) == Array(text.utf8), "\(out)")
            let unsafe = out.text.unicodeScalars.filter {
                $0.value < 0x20 || "<>&\u{2028}\u{2029}".unicodeScalars.contains($0)
            }
            try #require(unsafe.isEmpty, "\(out)")
        }
    }

    /// Control characters, what is escaped, and characters of one to four bytes, so that rare ones meet often.
    private static func text(using generator: inout SeededGenerator) -> String {
        let special = "\"\\/<>&\u{8}\u{C}\n\r\t\u{7F}\u{85}\u{2027}\u{2028}\u{2029}\u{202A}\u{E2}\u{10FFFF}"
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...12, using: &generator) {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: text.append(Unicode.Scalar(UInt8.random(in: 0..<0x30, using: &generator)))
            case 1: text.append(special.unicodeScalars.randomElement(using: &generator) ?? "x")
            default: text.append(Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &generator)) ?? "y")
            }
        }
        return String(text)
    }
}
