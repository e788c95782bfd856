import NATSPlugin
import PluginKit
import Testing

@Suite("Options of nats.bridge")
struct BridgeOptionsTests {
    /// What a client of `/x` joins.
    private static func feed(_ settings: [String: SettingValue]) throws -> Feed {
        try #require(try Bridge.make("t.{topic}", settings).open([("topic", "x")]).0.feeds.first)
    }

    // MARK: Directions

    struct Direction: Sendable, CustomTestStringConvertible {
        var settings: [String: SettingValue]
        var subject: String?
        var hears: String?
        var says: String?

        var testDescription: String { "\(settings) \(subject ?? "-")" }
    }

    static let directions = [
        Direction(settings: [:], subject: "t.{topic}", hears: "t.x", says: "t.x"),
        Direction(settings: ["publish": .string("in.{topic}")], subject: "t.{topic}", hears: "t.x", says: "in.x"),
        Direction(settings: ["subscribe": .string("out")], subject: "t.{topic}", hears: "out", says: "t.x"),
        Direction(settings: ["publish": .string("in"), "subscribe": .string("out")], hears: "out", says: "in"),
        Direction(settings: ["direction": .string("subscribe")], subject: "t.{topic}", hears: "t.x"),
        Direction(settings: ["direction": .string("publish")], subject: "t.{topic}", says: "t.x"),
        Direction(settings: ["direction": .string("publish"), "publish": .string("in")], says: "in"),
        Direction(settings: ["direction": .string("subscribe"), "subscribe": .string("out")], hears: "out"),
    ]

    @Test("What is heard and where what is said goes", arguments: directions)
    func direction(row: Direction) throws {
        let bus = ScriptedBus()
        var (socket, session) = try Bridge.make(row.subject, row.settings, bus: bus).open([("topic", "x")])
        #expect(socket.calls == (row.hears.map { [.join($0)] } ?? []))
        session.received(.text("hello"))
        #expect(bus.published.map(\.subject) == (row.says.map { [$0] } ?? []))
        if row.says == nil { #expect(socket.calls.last == .close(1008, "you may not send here")) }
    }

    @Test("Each side's subject is checked")
    func sides() throws {
        let settings: [String: SettingValue] = ["publish": .string("in.{topic}"), "subscribe": .string("out")]
        let handler = try Bridge.make(nil, settings)
        #expect(try handler.rejection([("topic", "a b")]).status == 400)
        let reserved = try Bridge.make("ok", ["subscribe": .string("{topic}")])
        #expect(try reserved.rejection([("topic", "$SYS.x")]).status == 403)
    }

    // MARK: Echo and congestion

    @Test("A client that is not to hear itself is named in what it sends", arguments: [true, false])
    func echo(isOn: Bool) throws {
        let bus = ScriptedBus()
        var (socket, session) = try Bridge.make("t.{topic}", ["echo": .boolean(isOn)], bus: bus).open([("topic", "x")])
        session.received(.text("hello"))
        #expect(socket.feeds.map(\.skipsOwn) == [!isOn])
        #expect(bus.published.map(\.origin) == [isOn ? 0 : 7])
    }

    @Test("Who publishes into congestion is held until it is relieved")
    func congestion() throws {
        let congestion = Congestion()
        var (socket, session) = try Bridge.make("t", bus: ScriptedBus(result: .congested(congestion))).open([])
        session.received(.text("hello"))
        #expect(socket.calls == [.join("t"), .hold(congestion)])
    }

    // MARK: Feeds

    @Test("Format and policy of the feed")
    func feed() throws {
        let plain = try Self.feed([:])
        #expect(plain.format == .raw && plain.slowPolicy == .close && plain.maxLag == nil && !plain.skipsOwn)
        #expect(plain.history == nil && plain.start == nil)
        let settings: [String: SettingValue] = [
            "format": .string("envelope"), "slow": .string("drop-oldest"), "max-lag": .duration(.seconds(3)),
        ]
        let other = try Self.feed(settings)
        #expect(other.format == .envelope && other.slowPolicy == .dropOldest && other.maxLag == .seconds(3))
        let blocking = try Self.feed(["slow": .string("block-publisher")])
        #expect(blocking.slowPolicy == .blockPublisher)
    }

    // MARK: Wildcards

    @Test(
        "A wildcard, of the text or of a parameter, is subscribed to and not published to",
        arguments: [
            ("t.{topic}", [:], "a.*", "t.a.*", nil), ("t.{topic}", [:], ">", "t.>", nil),
            ("t.{topic}", [:], "a", "t.a", "t.a"),
            (nil, ["subscribe": .string("t.*.{topic}"), "publish": .string("in.{topic}")], "a", "t.*.a", "in.a"),
            (nil, ["subscribe": .string("t.>"), "publish": .string("in.{topic}")], ">", "t.>", nil),
            ("t.*", ["direction": .string("subscribe")], "a", "t.*", nil),
        ] as [(String?, [String: SettingValue], String, String, String?)])
    func wildcards(
        subject: String?, settings: [String: SettingValue], topic: String, hears: String, says: String?
    ) throws {
        let bus = ScriptedBus()
        let all = settings.merging(["wildcards": .boolean(true)]) { one, _ in one }
        let handler = try Bridge.make(subject, all, bus: bus)
        var (socket, session) = try handler.open([("topic", topic)])
        #expect(socket.calls == [.join(hears)])
        session.received(.text("x"))
        #expect(bus.published.map(\.subject) == (says.map { [$0] } ?? []))
    }

    @Test("A pattern must be one, and must not cover what is reserved")
    func hostileWildcards() throws {
        let handler = try Bridge.make("{topic}", ["wildcards": .boolean(true)])
        for topic in ["a*", ">.a", "a.>.b", "a..>", ""] {
            #expect(try handler.rejection([("topic", topic)]).status == 400, "\(topic)")
        }
        for topic in [">", "*", "*.a", "*.>", "$SYS.>", "$JS.*"] {
            #expect(try handler.rejection([("topic", topic)]).status == 403, "\(topic)")
        }
        let open = try Bridge.make("{topic}", ["wildcards": .boolean(true)], reserved: true)
        #expect(try open.open([("topic", ">")]).0.calls == [.join(">")])
    }

    // MARK: Subprotocols

    @Test(
        "The first offer that is listed, else bearer for who is known",
        arguments: [
            ([], false, nil), (["a"], false, nil), (["x"], false, "x"), (["y, x"], false, "y"),
            (["a,x , y"], false, "x"),
            (["a", "y"], false, "y"), ([" \t x\t"], false, "x"), (["X"], false, nil), (["bearer, token"], false, nil),
            (["bearer, token"], true, "bearer"), (["bearer", "token"], true, "bearer"),
            (["bearer, token, x"], true, "x"), (["token"], true, nil), ([""], true, nil), ([",,"], true, nil),
        ] as [([String], Bool, String?)])
    func subprotocols(offers: [String], isKnown: Bool, chosen: String?) throws {
        let handler = try Bridge.make("a", ["subprotocols": .list([.string("x"), .string("y")])])
        #expect(try handler.subprotocol(offers, isKnown ? Identity(subject: "ada") : nil) == chosen)
    }

    @Test("Without a list, bearer is answered all the same")
    func bearer() throws {
        let handler = try Bridge.make("a")
        #expect(try handler.subprotocol(["bearer, t"], Identity(subject: "ada")) == "bearer")
        #expect(try handler.subprotocol(["chat"], Identity(subject: "ada")) == nil)
    }
}
