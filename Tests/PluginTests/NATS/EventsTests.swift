import NATSPlugin
import PluginKit
import Testing

@Suite("nats.sse")
struct EventsTests {
    private static func make(
        _ settings: [String: SettingValue] = [:], bus: any Bus = ScriptedBus(), shared: SharedObjects = SharedObjects()
    ) throws -> any HTTPHandler {
        try Handlers.http(
            "nats.sse", of: NATSPlugin.self, settings.merging(["subject": .string("t.{topic}")]) { one, _ in one },
            bus: bus, parameters: ["topic"], shared: shared)
    }

    private static func events(_ response: Response) throws -> EventFeed {
        guard case .events(let events) = response.body else { throw Unexpected("\(response.body)") }
        return events
    }

    @Test("The subject as events, with the usual pace")
    func events() throws {
        let response = try Self.make().answer(Request([("topic", "x")]))
        let events = try Self.events(response)
        #expect(response.status == 200 && response.headers.isEmpty)
        #expect(events.feeds.map(\.subject) == ["t.x"])
        #expect(events.feeds.map(\.format) == [.raw] && events.feeds.map(\.slowPolicy) == [.close])
        #expect(events.heartbeat == .seconds(15) && events.retry == nil && events.expires == nil)
        #expect(events.onEnd == nil)
    }

    @Test("What the settings and the identity change")
    func settings() throws {
        let handler = try Self.make([
            "heartbeat": .duration(.seconds(5)), "retry": .duration(.seconds(2)), "slow": .string("drop-oldest"),
            "max-lag": .duration(.seconds(9)), "wildcards": .boolean(true),
        ])
        let events = try Self.events(handler.answer(Request([("topic", "*")], Identity(subject: "ada", expires: 77))))
        let feed = try #require(events.feeds.first)
        #expect(feed.subject == "t.*" && feed.slowPolicy == .dropOldest && feed.maxLag == .seconds(9))
        #expect(events.heartbeat == .seconds(5) && events.retry == .seconds(2) && events.expires == 77)
    }

    @Test(
        "Where it begins, in either format: events have ids",
        arguments: [
            ("/", nil, HistoryStart.last(3)), ("/?since=7", nil, .after(HistoryToken(sequence: 7))),
            ("/?lastEventId=e:7", nil, .after(HistoryToken(epoch: "e", sequence: 7))),
            ("/?since=7", "9", .after(HistoryToken(sequence: 9))), ("/?since=x", nil, nil), ("/", "x", nil),
        ] as [(String, String?, HistoryStart?)])
    func starts(target: String, header: String?, start: HistoryStart?) async throws {
        let bus = ScriptedBus()
        let handler = try Self.make(["history": .map([:]), "last": .integer(3)], bus: bus)
        try await handler.start()
        var headers = HeaderFields()
        if let header { headers.append("Last-Event-ID", header) }
        let response = try handler.answer(Request([("topic", "x")], target: target, headers: headers))
        if let start {
            #expect(try Self.events(response).feeds.map(\.start) == [start])
            #expect(try Self.events(response).feeds[0].history === bus.histories[0])
        } else {
            #expect(response.status == 400)
        }
        await handler.stop()
    }

    @Test(
        "What is refused",
        arguments: [
            (Method.post, "x", Identity?.none, 405), (.get, "a b", nil, 400), (.get, "$x", nil, 200),
            (.get, "*", nil, 400),
            (.get, "x", Identity(subject: "a", permissions: Permissions(subscribe: ["t.y"])), 403),
            (.get, "y", Identity(subject: "a", permissions: Permissions(publish: [], subscribe: ["t.y"])), 200),
        ])
    func refused(method: Method, topic: String, identity: Identity?, status: Int) throws {
        let response = try Self.make().answer(Request([("topic", topic)], identity, method))
        #expect(response.status == status)
        if status == 405 { #expect(response.headers["Allow"] == "GET, HEAD") }
    }

    @Test("While the bus is away it is 503")
    func away() throws {
        let response = try Self.make(bus: ScriptedBus(isAvailable: false)).answer(Request([("topic", "x")]))
        #expect(response.status == 503 && response.headers["Retry-After"] == "1")
    }
}
