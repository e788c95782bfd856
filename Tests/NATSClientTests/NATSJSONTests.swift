import NATSClient
import TestSupport
import Testing

@Suite struct NATSJSONTests {
    private static func parse(_ text: String) -> NATSJSON? { NATSJSON.parse(Array(text.utf8).span) }

    @Test(arguments: [
        ("null", NATSJSON.null), (" true ", .bool(true)), ("false", .bool(false)),
        ("0", .integer(0)), ("-12", .integer(-12)), ("9223372036854775807", .integer(.max)),
        ("9223372036854775808", .otherNumber("9223372036854775808")), ("1.5", .otherNumber("1.5")),
        ("1e3", .otherNumber("1e3")),
        (#""a\"\\\/\b\f\n\r\t\u00e9ü""#, .string("a\"\\/\u{8}\u{c}\n\r\téü")),
        (#""\ud83d\ude00 \ud83d \ude00x""#, .string("😀 \u{fffd} \u{fffd}x")),
        (#"{"a":[1,{"b":null}],"a":2}"#, .object(["a": .integer(2)])),
        ("[]", .array([])), ("{ }", .object([:])), ("[ 1 , 2 ]", .array([.integer(1), .integer(2)])),
    ])
    func reads(_ text: String, _ expected: NATSJSON) { #expect(Self.parse(text) == expected) }

    @Test(arguments: [
        "", "nul", "truex", "1 2", "-", "1.", "1e", "\"", "\"\\", "\"\\u12\"", "\"\\x\"", "\"\n\"", "[", "[1", "[1,]",
        "{", "{\"a\"", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}", String(repeating: "[", count: 100_000),
    ])
    func refuses(_ text: String) { #expect(Self.parse(text) == nil) }

    @Test func quotedTextIsReadBack() {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<500 {
            let scalars = (0..<8).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0...0x300, using: &generator))
            }
            let text = String(String.UnicodeScalarView(scalars)) + "\"\\\r\n😀"
            #expect(Self.parse(NATSJSON.quoted(text)) == .string(text))
        }
    }

    @Test func noiseIsHarmless() {
        var generator = SeededGenerator(seed: 3)
        let alphabet = Array(#"{}[]":,\u0e-1.tfn "#.utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...24, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            _ = NATSJSON.parse(bytes.span)
        }
    }

    @Test func connectCarriesWhatWasConfigured() throws {
        var configuration = NATSConfiguration()
        configuration.user = "a\"b\r\nPUB x 1"
        configuration.password = "pä\\ss"
        configuration.token = "not sent"
        configuration.name = "switchyard"
        configuration.echo = false
        let line = try Self.connect(configuration)
        #expect(line.hasPrefix("CONNECT {") && line.hasSuffix("}\r\n"))
        #expect(line.utf8.filter { $0 == 0x0a }.count == 1)
        let object = try #require(Self.parse(String(line.dropFirst(8)))?.object)
        #expect(object["user"]?.string == configuration.user)
        #expect(object["pass"]?.string == configuration.password)
        #expect(object["name"]?.string == "switchyard")
        #expect(object["auth_token"] == nil)
        #expect(object["verbose"]?.bool == false && object["echo"]?.bool == false)
        #expect(object["headers"]?.bool == true && object["no_responders"]?.bool == true)
        #expect(object["tls_required"]?.bool == false)
        configuration.user = nil
        #expect(
            Self.parse(String(try Self.connect(configuration, isSecure: true).dropFirst(8)))?.object?["auth_token"]
                != nil)
    }

    private static func connect(_ configuration: NATSConfiguration, isSecure: Bool = false) throws -> String {
        NATSCommand.connect(
            configuration, login: try NATSLogin(configuration, nonce: "n").members, isSecure: isSecure)
    }
}
