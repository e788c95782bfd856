import HTTPWire
import PluginKit
import TestSupport
import Testing

@Suite("Request heads")
struct RequestParserTests {
    @Test(
        "as a table, whole, byte by byte and split at random",
        arguments: RequestLineTable.rows + FieldTable.rows + FramingTable.rows)
    func table(row: Row) {
        var generator = SeededGenerator(seed: UInt64(row.bytes.count))
        for cuts in splits(of: row.bytes.count, using: &generator) {
            #expect(headSummary(row.bytes, cuts: cuts) == row.expected, "cut at \(cuts.prefix(8))")
        }
    }

    @Test("the fields come out as they were sent, without the white space around them")
    func fields() {
        var parser = RequestParser()
        var head = RequestHead()
        let bytes = wire(
            "GET /p?q HTTP/1.1\r\nHost:a\r\nX-Empty:\r\nx-Tab: \t b \tc\t \r\nX-High: \u{E9}\r\nx-tab:d\r\n\r\n")
        guard case .head(bytes.count, _) = parser.parse(bytes.span, into: &head) else {
            Issue.record("not accepted")
            return
        }
        #expect(head.fields.map { $0.name } == ["Host", "X-Empty", "x-Tab", "X-High", "x-tab"])
        #expect(head.fields.values("X-TAB") == ["b \tc", "d"])
        #expect(head.fields["x-empty"] == "")
        #expect(Array(head.fields.valueBytes(at: 3)) == [0xE9])
        #expect(head.target == "/p?q" && head.path == "/p" && head.query == "q")
    }

    @Test("one parser and one head serve all requests of a connection")
    func pipelined() {
        let first = wire("\r\nPOST /one HTTP/1.1\r\nHost: a\r\nX: 1\r\nContent-Length: 3\r\n\r\n")
        let second = wire("GET /two HTTP/1.0\r\n\r\n")
        let bytes = first + wire("abc") + second
        var parser = RequestParser()
        var head = RequestHead()
        #expect(
            parser.parse(bytes.span, into: &head)
                == .head(consumed: first.count, framing: RequestFraming(body: .length(3))))
        #expect(head.path == "/one" && head.host == "a" && head.fields.count == 3)
        let rest = Array(bytes.dropFirst(first.count + 3))
        #expect(
            parser.parse(rest.span, into: &head)
                == .head(consumed: second.count, framing: RequestFraming(keepAlive: false)))
        #expect(head.path == "/two" && head.host == "" && head.fields.isEmpty && head.minorVersion == 0)
    }

    @Test("each byte is allowed exactly where the grammar has it", arguments: UInt8.min...UInt8.max)
    func everyByte(byte: UInt8) {
        let character = Character(UnicodeScalar(byte))
        let isLetter = ("a"..."z").contains(character) || ("A"..."Z").contains(character)
        let isToken = isLetter || ("0"..."9").contains(character) || "!#$%&'*+-.^_`|~".contains(character)
        func accepts(_ before: String, _ after: String, tail: String = "\r\nHost: a\r\n\r\n") -> Bool {
            let bytes = wire(before) + [byte] + wire(after + tail)
            return Int(headSummary(bytes, cuts: [bytes.count])) == nil
        }
        #expect(accepts("A", "B / HTTP/1.1") == isToken)
        #expect(accepts("GET / HTTP/1.1\r\nA", "B: c") == (isToken || character == ":"))
        #expect(accepts("GET /a", "b HTTP/1.1") == (0x21...0x7E ~= byte && character != "#"))
        let isText = byte == 0x09 || byte >= 0x20 && byte != 0x7F
        for padding in 0..<9 {
            #expect(accepts("GET / HTTP/1.1\r\nA: " + String(repeating: "x", count: padding), "b234567890") == isText)
        }
        let isHost = isLetter || ("0"..."9").contains(character) || "-._~!$&'()*+,;=".contains(character)
        #expect(accepts("GET / HTTP/1.1\r\nHost: a", "b", tail: "\r\n\r\n") == isHost)
    }
}
