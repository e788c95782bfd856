import AddPlugin
import PluginKit
import Testing

@Suite("What the add API refuses")
struct AddRefusalTests {
    /// Handler, body, a part of the message.
    @Test(
        "400, and nothing is published",
        arguments: [
            ("add.sum", "", "the body is empty"),
            ("add.sum", "  \n", "the body is empty"),
            ("add.sum", "{", "expected a key in double quotes at the end of the body"),
            ("add.sum", #"{"a":1"#, "expected ',' or '}' at the end"),
            ("add.sum", #"{"a":1,}"#, "expected a key"),
            ("add.sum", #"{,"a":1}"#, "expected a key"),
            ("add.sum", #"{"a":1 "b":2}"#, "expected ',' or '}' at byte 8"),
            ("add.sum", #"{"a" 1}"#, "expected ':'"),
            ("add.sum", #"{a:1}"#, "expected a key"),
            ("add.sum", #"{"a":}"#, "a: expected an integer"),
            ("add.sum", #"[1,2]"#, "expected an object"),
            ("add.sum", #""a""#, "expected an object"),
            ("add.sum", "7", "expected an object"),
            ("add.sum", "true", "expected an object"),
            ("add.sum", "nul", "expected a value"),
            ("add.sum", "\u{FEFF}{}", "expected an object"),
            ("add.sum", #"{"a":"1"}"#, "a: expected an integer"),
            ("add.sum", #"{"b":true}"#, "b: expected an integer"),
            ("add.sum", #"{"a":[1]}"#, "a: expected an integer"),
            ("add.sum", #"{"a":"x","a":1}"#, "a: expected an integer"),
            ("add.sum", #"{"a":1.0}"#, "without fraction or exponent"),
            ("add.sum", #"{"a":1e2}"#, "without fraction or exponent"),
            ("add.sum", #"{"a":01}"#, "expected ',' or '}'"),
            ("add.sum", #"{"a":+1}"#, "expected an integer"),
            ("add.sum", #"{"a":-}"#, "expected a digit"),
            ("add.sum", #"{"a":1.}"#, "expected a digit"),
            ("add.sum", #"{"a":1e}"#, "expected a digit"),
            ("add.sum", #"{"a":0x1}"#, "expected ',' or '}'"),
            ("add.sum", #"{"a":9223372036854775808}"#, "does not fit in 64 bits"),
            ("add.sum", #"{"a":-9223372036854775809}"#, "does not fit in 64 bits"),
            ("add.sum", #"{"a":123456789012345678901234567890}"#, "does not fit in 64 bits"),
            ("add.sum", #"{"a":9223372036854775807,"b":1}"#, "a + b does not fit"),
            ("add.sum", #"{"a":-9223372036854775808,"b":-1}"#, "a + b does not fit"),
            ("add.sum", #"{"a":1}x"#, "nothing may follow"),
            ("add.sum", #"{"a":1}{}"#, "nothing may follow"),
            ("add.sum", "null null", "nothing may follow"),
            ("add.sum", "{}\0", "nothing may follow"),
            ("add.sum", #"{"x":[1,]}"#, "expected a value"),
            ("add.sum", #"{"x":[1}}"#, "expected ',' or ']'"),
            ("add.sum", #"{"x":{"y"}}"#, "expected ':'"),
            ("add.sum", #"{"x":{"y":1,}}"#, "expected a key"),
            ("add.sum", #"{"x":tru}"#, "expected a value"),
            ("add.sum", #"{"x":nan}"#, "expected a value"),
            ("add.sum", #"{"x":'y'}"#, "expected a value"),
            ("add.sum", "{\u{A0}}", "expected a key"),
            ("add.sum", #"{} // no comments"#, "nothing may follow"),
            ("add.concat", #"{"a":1}"#, "a: expected a string"),
            ("add.concat", #"{"b":["x"]}"#, "b: expected a string"),
            ("add.concat", #"{"a":"x}"#, "a string is not closed"),
            ("add.concat", #"{"a":"x\"#, "a string is not closed"),
            ("add.concat", "{\"a\":\"x\ny\"}", "must be escaped"),
            ("add.concat", "{\"a\":\"é\0\"}", "must be escaped"),
            ("add.concat", #"{"a":"\x"}"#, "unknown escape"),
            ("add.concat", #"{"a":"\'"}"#, "unknown escape"),
            ("add.concat", #"{"a":"\u12g4"}"#, "four hexadecimal digits"),
            ("add.concat", #"{"a":"\u12"#, "four hexadecimal digits"),
            ("add.concat", #"{"a":"\u+123"}"#, "four hexadecimal digits"),
            ("add.concat", #"{"a":"\ud800\u12"}"#, "four hexadecimal digits"),
            ("add.concat", #"{"a":"x","\q":1}"#, "unknown escape"),
        ])
    func refused(handler: String, body: String, message: String) throws {
        let bus = FakeBus()
        let response = try Handlers.http(handler, of: AddPlugin.self, bus: bus).answer(post(body))
        #expect(response.status == 400)
        #expect(response.headers == ["Content-Type": "application/json"])
        let text = try response.text
        #expect(text.hasPrefix(#"{"error":{"code":400,"message":""#))
        #expect(text.hasSuffix("\"}]}}\n"))
        #expect(text.contains(message))
        #expect(bus.published.isEmpty)
    }

    @Test(
        "Nesting has a limit and costs no stack",
        arguments: [
            (999, 200), (1_000, 400), (2_000_000, 400),
        ])
    func nesting(depth: Int, status: Int) throws {
        let open = String(repeating: "[", count: depth)
        let close = String(repeating: "]", count: depth)
        let response = try Handlers.http("add.sum", of: AddPlugin.self).answer(post(#"{"x":\#(open)\#(close)}"#))
        #expect(response.status == status)
    }
}
