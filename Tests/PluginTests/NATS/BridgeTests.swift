import NATSPlugin
import PluginKit
import Testing

@Suite("nats.bridge")
struct BridgeTests {
    @Test("What it declares")
    func declaration() throws {
        let declaration = try Bridge.declaration
        #expect(NATSPlugin.name == "nats")
        #expect(
            declaration.settings.map(\.name) == [
                "subject", "publish", "subscribe", "direction", "reserved", "wildcards", "echo", "slow", "subprotocols",
                "format", "max-lag", "history", "last", "last-value", "presence",
            ])
        #expect(declaration.settings.allSatisfy { $0.isOptional || $0.defaultValue != nil })
    }

    @Test("An open socket joins its subject and asks for nothing else")
    func joins() throws {
        let bus = ScriptedBus()
        let (socket, session) = try Bridge.make("{topic}", bus: bus).open([("topic", "add")])
        #expect(socket.calls == [.join("add")])
        // The gateway subscribes, once per subject; a bridge that did so for each socket would leave them behind.
        #expect(bus.subscribed == [])
        #expect(bus.published.isEmpty)
        _ = session
    }

    @Test("What a client sends is published to the subject, text as text and binary as binary")
    func publishes() throws {
        let bus = ScriptedBus()
        var (socket, session) = try Bridge.make("chat.{topic}", bus: bus).open([("topic", "x")])
        session.received(.text("é"))
        session.received(SocketMessage(.binary, [0, 0xFF]))
        session.received(.text(""))
        session.closed(code: 1001)
        #expect(bus.published.map(\.subject) == ["chat.x", "chat.x", "chat.x"])
        #expect(bus.published.map(\.payload) == [[0xC3, 0xA9], [0, 0xFF], []])
        #expect(bus.published.map(\.frame) == [.text, .binary, .text])
        #expect(socket.calls == [.join("chat.x")])
    }

    @Test(
        "A message the bus does not take closes the socket",
        arguments: [
            (
                PublishResult.refused(reason: "the buffer is full"),
                RecordingSocket.Call.close(1013, "the buffer is full")
            ),
            (.tooLarge(limit: 1024), .close(1009, "the bus takes at most 1024 bytes")),
        ])
    func refused(result: PublishResult, call: RecordingSocket.Call) throws {
        let (socket, session) = try Bridge.make("a", bus: ScriptedBus(result: result)).open([])
        var open = session
        open.received(.text("x"))
        #expect(socket.calls == [.join("a"), call])
    }

    // MARK: Handshakes

    static let admitted: [(template: String, parameters: [(String, String)], rest: String?, subject: String)] = [
        ("{topic}", [("topic", "add")], nil, "add"),
        ("{topic}", [("topic", "a.b.c")], nil, "a.b.c"),
        ("{topic}", [("topic", "日本")], nil, "日本"),
        ("{topic}", [("topic", "a/b")], nil, "a/b"),
        ("{topic}", [("topic", "x$y")], nil, "x$y"),
        ("{topic}", [("topic", "_INBOXES.a")], nil, "_INBOXES.a"),
        ("fixed", [], nil, "fixed"),
        ("room.{id}.{user}", [("user", "u"), ("id", "7")], nil, "room.7.u"),
        ("p{id}s", [("id", "7")], nil, "p7s"),
        ("{id}-{id}", [("id", "7")], nil, "7-7"),
        ("{rest}", [("rest", "a/b/c")], "rest", "a.b.c"),
        ("t.{rest}", [("rest", "a.b/c")], "rest", "t.a.b.c"),
        ("{name}.{rest}", [("name", "a/b"), ("rest", "c/d")], "rest", "a/b.c.d"),
        ("t.{topic}", [("topic", "$SYS")], nil, "t.$SYS"),
    ]

    @Test("Subjects from templates", arguments: admitted)
    func admits(row: (template: String, parameters: [(String, String)], rest: String?, subject: String)) throws {
        let handler = try Bridge.make(row.template, parameters: row.parameters.map(\.0), rest: row.rest)
        let (socket, _) = try handler.open(row.parameters)
        #expect(socket.calls == [.join(row.subject)])
    }

    @Test(
        "A hostile topic is 400 before any upgrade",
        arguments: [
            "", ".", "a.", ".a", "a..b", "*", ">", "a.*", "a.>", "a*b", " ", "a b", "a\tb", "\u{0}", "\u{7F}", "\u{85}",
            "\u{A0}", "\u{2028}", "a 0\r\n\r\nPUB victim", "a\n", String(repeating: "x", count: 1025),
        ])
    func hostile(topic: String) throws {
        let bus = ScriptedBus()
        let response = try Bridge.make("{topic}", reserved: true, bus: bus).rejection([("topic", topic)])
        #expect(response.status == 400)
        #expect(response.headers == ["Content-Type": "application/json"])
        let message = try #require(Subject.publishProblem(topic))
        #expect(
            try response.bytes
                == ErrorEnvelope(status: 400, message: message, requestID: RequestID(rawValue: 0xAB)).json)
        #expect(bus.published.isEmpty && bus.subscribed.isEmpty)
    }

    @Test(
        "An empty or doubled segment of the rest is 400",
        arguments: ["", "/", "a/", "/a", "a//b", "a/./b", "../x", "a/*/b", "a/>"])
    func hostileRest(rest: String) throws {
        let handler = try Bridge.make("{rest}", parameters: ["rest"], rest: "rest")
        #expect(try handler.rejection([("rest", rest)]).status == 400)
    }

    /// A subject is reserved by its first bytes, whatever combining mark comes behind them.
    @Test(
        "A reserved subject is 403, and open to a route that allows it",
        arguments: ["$SYS.REQ", "$", "$JS.API.INFO", "_INBOX", "_INBOX.a.b", "_INBOX.\u{301}"])
    func reserved(topic: String) throws {
        let response = try Bridge.make("{topic}").rejection([("topic", topic)])
        #expect(response.status == 403)
        #expect(
            try response.text.hasPrefix(#"{"error":{"code":403,"message":"this subject is reserved","#))
        #expect(try response.text.hasSuffix(#","requestId":"00000000000000ab"}"# + "\n"))
        let (socket, _) = try Bridge.make("{topic}", reserved: true).open([("topic", topic)])
        #expect(socket.calls == [.join(topic)])
    }

    @Test("Parts that are harmless alone may be reserved together")
    func reservedByParts() throws {
        let handler = try Bridge.make("{a}{b}.x", parameters: ["a", "b"])
        #expect(try handler.rejection([("a", "_INB"), ("b", "OX")]).status == 403)
        let rest = try Bridge.make("{rest}", parameters: ["rest"], rest: "rest")
        #expect(try rest.rejection([("rest", "_INBOX/x")]).status == 403)
        #expect(try rest.rejection([("rest", "$SYS/REQ")]).status == 403)
    }

    @Test("A bus that is away is 503 with Retry-After; a bad topic is told so first")
    func away() throws {
        let handler = try Bridge.make("{topic}", bus: ScriptedBus(isAvailable: false))
        let response = try handler.rejection([("topic", "a")])
        #expect(response.status == 503)
        #expect(response.headers == ["Content-Type": "application/json", "Retry-After": "1"])
        #expect(try handler.rejection([("topic", "a..b")]).status == 400)
        #expect(try handler.rejection([("topic", "$SYS.x")]).status == 403)
    }
}
