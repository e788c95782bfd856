import PluginKit
import Testing

@Suite("Header fields")
struct HeaderFieldsTests {
    static let fields: HeaderFields = [
        "Host": "example.org", "accept": "text/html", "ACCEPT": "a, b", "X": "one", "X-Empty": "", "Ünïcode": "ü",
    ]

    @Test(
        "Names compare without regard to ASCII case, and the first field wins",
        arguments: [
            ("host", "example.org"), ("HOST", "example.org"), ("Accept", "text/html"), ("x", "one"), ("x-empty", ""),
            ("Ünïcode", "ü"), ("ÜNÏCODE", nil), ("X-Empt", nil), ("X-Empty2", nil), ("", nil),
            ("Hos\u{54}", "example.org"),
            ("@ccept", nil), ("X\rEmpty", nil),
        ] as [(String, String?)])
    func lookUp(name: String, value: String?) {
        #expect(Self.fields[name] == value)
    }

    /// Bytes 0x20 apart that are not letters must not be taken for two cases of one letter.
    @Test("Only letters have case")
    func symbols() {
        for (a, b) in [("@", "`"), ("[", "{"), ("^", "~"), ("_", "\u{7F}")] {
            let fields: HeaderFields = ["x\(a)": "v"]
            #expect(fields["X\(a)"] == "v")
            #expect(fields["x\(b)"] == nil)
        }
    }

    @Test("A name of one character is found by its literal")
    func staticName() throws {
        let one: StaticString = "x"
        let host: StaticString = "HOST"
        let none: StaticString = "hosts"
        #expect(Self.fields[one] == "one")
        #expect(Self.fields.firstIndex(of: host) == 0)
        #expect(Self.fields.firstIndex(of: none) == nil)
        #expect(Self.fields[none] == nil)
    }

    @Test("Every value of a name, in order, lists unsplit")
    func values() {
        #expect(Self.fields.values("aCCept") == ["text/html", "a, b"])
        #expect(Self.fields.values("missing") == [])
    }

    @Test("Names and values keep their spelling and order")
    func iteration() {
        #expect(Self.fields.map(\.name) == ["Host", "accept", "ACCEPT", "X", "X-Empty", "Ünïcode"])
        #expect(Self.fields.map(\.value) == ["example.org", "text/html", "a, b", "one", "", "ü"])
        #expect(Self.fields.count == 6)
        #expect(Array(Self.fields.valueBytes(at: 0)) == Array("example.org".utf8))
        #expect(Self.fields.valueBytes(at: 4).isEmpty)
    }

    @Test("Slots into one run of bytes, as a parser fills them")
    func slots() {
        var fields = HeaderFields()
        fields.bytes = Array("GET / HTTP/1.1\r\nA:  b \r\n\r\n".utf8)
        fields.slots = [HeaderFields.Slot(name: 16..<17, value: 20..<21)]
        #expect(fields["a"] == "b")
        fields.append("C", "d")
        #expect(fields["c"] == "d")
        #expect(fields["a"] == "b")
    }

    @Test("Bytes that are not UTF-8 become U+FFFD in text and stay as they are in bytes")
    func rawBytes() {
        var fields = HeaderFields()
        fields.bytes = [0x61, 0xFF, 0xE9]
        fields.slots = [HeaderFields.Slot(name: 0..<1, value: 1..<3)]
        #expect(fields["A"] == "\u{FFFD}\u{FFFD}")
        #expect(Array(fields.valueBytes(at: 0)) == [0xFF, 0xE9])
    }

    @Test("Removing all leaves nothing behind for the next request")
    func removeAll() {
        var fields = Self.fields
        fields.removeAll()
        #expect(fields.isEmpty && fields.count == 0 && fields.bytes.isEmpty)
        #expect(fields["host"] == nil)
        fields.append("B", "2")
        #expect(fields == ["b": "2"])
    }

    @Test("Removing a name takes all its fields, and no others")
    func removeName() {
        var fields = Self.fields
        fields.remove("Accept")
        #expect(fields.map(\.name) == ["Host", "X", "X-Empty", "Ünïcode"])
        fields.remove("none")
        #expect(fields.count == 4)
        fields.append("Accept", "c")
        #expect(fields.values("accept") == ["c"])
    }

    @Test("Equality: same fields, same order, names without regard to case")
    func equality() {
        #expect(HeaderFields() == [:])
        #expect(["A": "1", "B": "2"] as HeaderFields == ["a": "1", "b": "2"])
        #expect(["A": "1", "B": "2"] as HeaderFields != ["B": "2", "A": "1"])
        #expect(["A": "x"] as HeaderFields != ["A": "X"])
        #expect(["A": "1"] as HeaderFields != ["A": "1", "A": "1"])
    }

    @Test("A copy does not change with its original")
    func valueSemantics() {
        var fields = Self.fields
        let copy = fields
        fields.append("New", "1")
        #expect(copy == Self.fields)
        #expect(fields != copy)
    }
}

struct HeaderNameTests {
    @Test(arguments: [
        ("Accept", true, false), ("x-~!#$%&'*+.^_`|", true, false), ("content-LENGTH", true, true), ("Date", true, true),
        ("", false, false), ("a b", false, false), ("a:", false, false), ("é", false, false), ("a\r\n", false, false),
    ])
    func names(_ name: String, _ isName: Bool, _ isReserved: Bool) {
        #expect(HeaderFields.isName(name) == isName)
        #expect(HeaderFields.isReserved(name) == isReserved)
    }
}
