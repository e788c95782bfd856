import Testing
import WebSocketWire

@Suite struct ExtensionOfferTests {
    @Test(
        arguments: [
            (["foo"], [ExtensionOffer("foo")]),
            (["foo, bar; baz=2"], [ExtensionOffer("foo"), ExtensionOffer("bar", [.init("baz", "2")])]),
            (["foo", "bar"], [ExtensionOffer("foo"), ExtensionOffer("bar")]),
            (["a;b;c=\"d\" ;e = f"], [ExtensionOffer("a", [.init("b"), .init("c", "d"), .init("e", "f")])]),
            (["a; b=\"1\\0\""], [ExtensionOffer("a", [.init("b", "10")])]),
            ([",a,, b ,"], [ExtensionOffer("a"), ExtensionOffer("b")]),
            (["\ta\t;\tb\t"], [ExtensionOffer("a", [.init("b")])]),
            (["a; b; b"], [ExtensionOffer("a", [.init("b"), .init("b")])]),
            ([], []),
        ] as [([String], [ExtensionOffer])])
    func grammar(_ fields: [String], _ offers: [ExtensionOffer]) throws {
        #expect(try ExtensionOffer.parse(fields) == offers)
    }

    @Test(arguments: [
        "", " ", ",", "a b", "a;", "a; ;b", "a; =b", "a; b=", "a; b=\"\"", "a; b=\"c", "a; b=\"c d\"", "a; b=\"c\"d",
        "a; b=c=d", "a; b=\"\\", "a/b", "a; b=é", ";a", "=a", "\"a\"", "a; b=\"c,d\"", "a\u{0}",
    ])
    func malformed(_ field: String) {
        #expect(throws: MalformedExtensions(value: field)) { try ExtensionOffer.parse([field]) }
        #expect(throws: MalformedExtensions(value: field)) { try ExtensionOffer.parse(["fine", field]) }
    }
}
