import Diagnostics
import Testing
import YAMLDocument

@Suite struct LimitTests {
    @Test func size() {
        let text = [UInt8](repeating: UInt8(ascii: "#"), count: YAMLDocument.sizeLimit)
        #expect(YAMLDocument.parse(text, file: "f", anchors: .allowed).diagnostics.isEmpty)
        #expect(YAMLDocument.parse(text + text, file: "f", anchors: .allowed).diagnostics.map(\.code) == [.yamlLimit])
    }

    @Test(arguments: [(63, true), (64, true), (65, false), (5_000, false), (500_000, false)])
    func depth(_ levels: Int, _ isAccepted: Bool) {
        let text = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        #expect(parse(text).diagnostics.map(\.code) == (isAccepted ? [] : [.yamlLimit]))
        let keys = (0..<min(levels, 900)).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(parse(keys).diagnostics.map(\.code) == (isAccepted ? [] : [.yamlLimit]))
    }

    @Test func aliasesCountAsWhatTheyStandFor() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...20 {
            let aliases = [String](repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        let result = parse(text)
        #expect(result.root == nil)
        #expect(result.diagnostics.map(\.code) == [.yamlLimit])
    }

    @Test func nodes() {
        #expect(parse("[" + String(repeating: "1,", count: 399_000) + "]").diagnostics.isEmpty)
        #expect(parse("[" + String(repeating: "1,", count: 401_000) + "]").diagnostics.map(\.code) == [.yamlLimit])
    }

    @Test(
        arguments: [
            ([0x61, 0x3A, 0x20, 0xFF], "1:4"), ([0x61, 0x0A, 0xC3, 0x28], "2:1"), ([0xFF, 0xFE, 0x61, 0x00], "1:1"),
            ([0xED, 0xA0, 0x80], "1:1"), ([0xC3, 0xA9, 0x80], "1:2"),
        ] as [([UInt8], String)])
    func encoding(_ bytes: [UInt8], _ place: String) {
        let found = YAMLDocument.parse(bytes, file: "f", anchors: .allowed).diagnostics
        #expect(found.map { "\($0.mark!.line):\($0.mark!.column) \($0.code.kind)" } == ["\(place) yamlEncoding"])
    }

    @Test func manyBadStartsAreBounded() {
        let text = (0..<500).map { "k\($0): */x\n" }.joined()
        #expect((20...22).contains(parse(text).diagnostics.count))
    }
}
