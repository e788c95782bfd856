import NATSClient
import TestSupport
import Testing

@Suite struct NATSParserTests {
    private static let good: [(String, [String])] = [
        ("PING\r\n", ["ping"]),
        ("pong \t\r\n", ["pong"]),
        ("+OK\r\n+ok\r\n", ["ok", "ok"]),
        ("-ERR 'Stale Connection'\r\n", ["err stale Stale Connection"]),
        (
            "-ERR 'Permissions Violation for Publish to \"a\"'\r\n",
            ["err permissions Permissions Violation for Publish to \"a\""]
        ),
        (#"INFO {"server_name":"n","max_payload":99}"# + "\r\n", ["info n 99"]),
        ("MSG a.b 7 5\r\nhello\r\n", ["msg 7 a.b [hello]"]),
        ("MSG a 7 _INBOX.x 2\r\nhi\r\n", ["msg 7 a >_INBOX.x [hi]"]),
        ("msg \t a  7\t0 \r\n\r\n", ["msg 7 a []"]),
        (
            "MSG a 1 2\r\n\r\n\r\nMSG a 1 1\r\nx\r\nMSG b 2 1\r\ny\r\n",
            ["msg 1 a [\r\n]", "msg 1 a [x]", "msg 2 b [y]"]
        ),
        ("HMSG a 1 r 22 24\r\nNATS/1.0\r\nKey: v\r\n\r\n\r\nhi\r\n", ["msg 1 a >r Key=v [hi]"]),
        ("HMSG a 1 30 30\r\nNATS/1.0 503 No Responders\r\n\r\n\r\n", ["msg 1 a status=503/No Responders []"]),
        ("HMSG a 1 0 2\r\nhi\r\n", ["msg 1 a [hi]"]),
        ("MSG a 9999999999999999999 1\r\nx\r\n", ["msg 9999999999999999999 a [x]"]),
    ]

    @Test(arguments: good)
    func reads(_ text: String, _ expected: [String]) {
        let bytes = Array(text.utf8)
        #expect(transcript([bytes]) == expected)
        for cut in 1..<bytes.count {
            #expect(transcript([Array(bytes[..<cut]), Array(bytes[cut...])]) == expected, "cut at \(cut)")
        }
        #expect(transcript(bytes.map { [$0] }) == expected)
    }

    @Test(arguments: [
        ("PING\n", NATSParseError.bareLineFeed),
        ("\r\n", .unknownOperation),
        ("\n", .bareLineFeed),
        ("PINGS\r\n", .unknownOperation),
        ("GET / HTTP/1.1\r\n", .unknownOperation),
        ("MSG\r\n", .unknownOperation),
        ("MSG a 1\r\n", .badArguments),
        ("MSG a 1 2 3 4\r\n", .badArguments),
        ("MSG a 1 2 3 4 5\r\n", .badArguments),
        ("MSG a b 2\r\n", .badArguments),
        ("MSG a 1 -2\r\n", .badArguments),
        ("MSG a 1 0x2\r\n", .badArguments),
        ("MSG a 1 99999999999999999999\r\n", .badArguments),
        ("MSG a 1 9999999999999999999\r\n", .badArguments),
        ("MSG a 1 1001\r\n", .payloadTooLarge),
        ("MSG a 1 2\r\nhix\r\n", .payloadNotTerminated),
        ("MSG a 1 2\r\nhi\n\n", .payloadNotTerminated),
        ("HMSG a 1 2\r\n", .badArguments),
        ("HMSG a 1 3 2\r\n", .badArguments),
        ("INFO {\r\n", .badInfo),
        ("INFO []\r\n", .badInfo),
        ("INFO {} x\r\n", .badInfo),
        (String(repeating: "x", count: 201), .lineTooLong),
        (String(repeating: "x", count: 201) + "\r\n", .lineTooLong),
    ])
    func refuses(_ text: String, _ error: NATSParseError) {
        var limits = NATSParser.Limits()
        limits.line = 200
        limits.payload = 1000
        // What follows an error changes nothing.
        let bytes = Array("PING\r\n\(text)PING\r\nMSG a 1 1\r\nx\r\n".utf8)
        #expect(transcript([bytes], limits: limits) == ["ping", "error: \(error)"])
        #expect(transcript(bytes.map { [$0] }, limits: limits) == ["ping", "error: \(error)"])
    }

    @Test func aLineAsLongAsTheLimitPasses() {
        var limits = NATSParser.Limits()
        limits.line = 12
        #expect(transcript([Array("MSG abcd 1 0\r\n".utf8)], limits: limits) == ["error: a line is too long"])
        #expect(transcript([Array("MSG abc 1 0\r\n\r\n".utf8)], limits: limits) == ["msg 1 abc []"])
    }

    /// Valid streams, mutated ones and noise: the same result however they are cut, and no crash.
    @Test(arguments: UInt64(1)...8)
    func resultDoesNotDependOnCuts(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var limits = NATSParser.Limits()
        limits.line = 300
        limits.payload = 500
        for _ in 0..<150 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                bytes += Array(Self.good.randomElement(using: &generator)?.0.utf8 ?? "".utf8)
            }
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0...2, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.insert(Array(" \r\n0919.MH".utf8).randomElement(using: &generator) ?? 0, at: index)
                default: if bytes.count > 1 { bytes.remove(at: index) }
                }
            }
            let whole = transcript([bytes], limits: limits)
            let cut = transcript(bytes.pieces(using: &generator), limits: limits)
            #expect(whole == cut, "\(String(decoding: bytes, as: UTF8.self))")
        }
    }
}
