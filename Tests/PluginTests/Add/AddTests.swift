import AddPlugin
import PluginKit
import Testing

@Suite("The add API")
struct AddTests {
    @Test(
        "add.sum answers and publishes",
        arguments: [
            (#"{"a":1,"b":2}"#, "3"),
            (" \t\r\n{ \"a\" : 1 ,\n\"b\" : 2 } \n", "3"),
            (#"{"a":-1,"b":-0}"#, "-1"),
            (#"{"a":5}"#, "5"),
            (#"{"b":5}"#, "5"),
            (#"{}"#, "0"),
            (#"null"#, "0"),
            (#"{"a":null,"b":7}"#, "7"),
            (#"{"a":4,"a":null}"#, "4"),
            (#"{"a":1,"a":2,"b":3}"#, "5"),
            (#"{"a":1,"A":2,"B":3}"#, "5"),
            (#"{"\u0061":1,"\u0042":3}"#, "4"),
            (#"{"a":9223372036854775807,"b":-9223372036854775808}"#, "-1"),
            (#"{"a":9223372036854775806,"b":1}"#, "9223372036854775807"),
            (#"{"a":-9223372036854775807,"b":-1}"#, "-9223372036854775808"),
            (#"{"c":1,"ab":2,"":3,"a":1,"á":9,"!":4}"#, "1"),
            (#"{"x":{"a":[1,{"b":[]},{}],"y":"}"},"a":1,"z":[true,false,null,-1.5e+3,0E1,""],"b":2}"#, "3"),
        ])
    func sum(body: String, result: String) throws {
        let bus = FakeBus()
        let response = try Handlers.http("add.sum", of: AddPlugin.self, bus: bus).answer(post(body))
        #expect(response.status == 200)
        #expect(response.headers == ["Content-Type": "application/json; charset=utf-8"])
        #expect(try response.text == #"{"apiVersion":"","data":{"res":\#(result)}}"# + "\n")
        #expect(bus.published.map(\.payload.text) == [result])
        #expect(bus.published.map(\.subject) == ["add"])
        guard case .text = bus.published[0].frame else { throw Unexpected("not a text frame") }
    }

    /// Body, `res` as it stands in the answer, what is published.
    @Test(
        "add.concat answers and publishes",
        arguments: [
            (#"{"a":"foo","b":"bar"}"#, #""foobar""#, "foobar"),
            (#"{}"#, #""""#, ""),
            (#"null"#, #""""#, ""),
            (#"{"b":"x","a":null}"#, #""x""#, "x"),
            (
                #"{"a":"<b>&","b":"\u2028\u2029\u007f"}"#, #""\u003cb\u003e\u0026\u2028\u2029\#u{7F}""#,
                "<b>&\u{2028}\u{2029}\u{7F}"
            ),
            (
                #"{"a":"\"\\\/\b\f\n\r\t","b":"\u001f"}"#, #""\"\\/\u0008\u000c\n\r\t\u001f""#,
                "\"\\/\u{8}\u{C}\n\r\t\u{1F}"
            ),
            (#"{"a":"héé","b":"\u00e9\uD83D\ude00😀"}"#, #""hééé😀😀""#, "hééé😀😀"),
            (#"{"a":"\ud800","b":"x"}"#, "\"\u{FFFD}x\"", "\u{FFFD}x"),
            (
                #"{"a":"\udc00\ud800\ud83d\ude00","b":"\ud800A"}"#, "\"\u{FFFD}\u{FFFD}😀\u{FFFD}A\"",
                "\u{FFFD}\u{FFFD}😀\u{FFFD}A"
            ),
            (#"{"a":"\ud800\n","b":"\ud800\u0041"}"#, "\"\u{FFFD}\\n\u{FFFD}A\"", "\u{FFFD}\n\u{FFFD}A"),
            (#"{"a":"\u0000"}"#, #""\u0000""#, "\0"),
        ])
    func concat(body: String, json: String, published: String) throws {
        let bus = FakeBus()
        let response = try Handlers.http("add.concat", of: AddPlugin.self, bus: bus).answer(post(body))
        #expect(try response.text == #"{"apiVersion":"","data":{"res":\#(json)}}"# + "\n")
        #expect(bus.published.map(\.payload) == [Payload(text: published)])
    }

    /// Go replaces byte by byte, where Swift's own decoding replaces a truncated sequence as one.
    @Test(
        "Bytes that are no UTF-8 become U+FFFD one by one",
        arguments: [
            ([0xFF], 1), ([0xC3], 1), ([0xC0, 0x80], 2), ([0xE2, 0x82], 2), ([0xED, 0xA0, 0x80], 3),
            ([0xE0, 0x80, 0x80], 3),
            ([0xF0, 0x9F, 0x98], 3), ([0xF4, 0x90, 0x80, 0x80], 4), ([0xF5, 0x80], 2), ([0x80], 1),
        ] as [([UInt8], Int)])
    func invalidUTF8(bytes: [UInt8], replacements: Int) throws {
        let bus = FakeBus()
        var request = post("")
        request.body = Payload(text: #"{"a":"x"#) + bytes + Payload(text: #"y"}"#)
        let response = try Handlers.http("add.concat", of: AddPlugin.self, bus: bus).answer(request)
        #expect(response.status == 200)
        let text = "x" + String(repeating: "\u{FFFD}", count: replacements) + "y"
        #expect(bus.published.map(\.payload) == [Payload(text: text)])
        #expect(try response.text == #"{"apiVersion":"","data":{"res":"\#(text)"}}"# + "\n")
    }

    @Test("Another subject")
    func subject() throws {
        let bus = FakeBus()
        let handler = try Handlers.http("add.sum", of: AddPlugin.self, ["publish": .string("results.$x.sum")], bus: bus)
        _ = try handler.answer(post("{}"))
        #expect(bus.published.map(\.subject) == ["results.$x.sum"])
    }

    @Test(
        "A subject that cannot be published to is refused at load",
        arguments: [
            "", "a b", "a\r\nPUB x", "a..b", ".a", "a.", ".", "a.*", ">", "a>b", "a\u{7F}",
        ])
    func badSubject(subject: String) throws {
        for name in ["add.sum", "add.concat"] {
            let error = #expect(throws: SettingError.self) {
                try Handlers.http(name, of: AddPlugin.self, ["publish": .string(subject)])
            }
            #expect(error?.path == ["publish"])
        }
    }

    @Test("Without a bus the answer is 503, and nothing was published")
    func busAway() throws {
        let response = try Handlers.http("add.sum", of: AddPlugin.self, bus: FakeBus(isAway: true)).answer(post("{}"))
        #expect(response.status == 503)
        #expect(response.headers == ["Content-Type": "application/json", "Retry-After": "1"])
        #expect(try response.text.hasPrefix(#"{"error":{"code":503,"message":""#))
    }
}

func post(_ body: String) -> Request {
    Request(head: RequestHead(method: .post, target: "/api/add/sum", host: "localhost"), body: Payload(text: body))
}
