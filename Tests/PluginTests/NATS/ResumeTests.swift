import NATSPlugin
import PluginKit
import Testing

@Suite("Where clients of nats.bridge begin")
struct ResumeTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var target = "/"
        var header: String?
        var settings: [String: SettingValue] = [:]
        var format = "envelope"
        var hasHistory = true
        /// Nil for 400.
        var start: HistoryStart??

        var testDescription: String { "\(target) \(header ?? "-") \(settings) \(format) \(hasHistory)" }
    }

    static let rows = [
        Row(start: .last(0)),
        Row(format: "raw", start: .some(nil)),
        Row(settings: ["last": .integer(5)], start: .last(5)),
        Row(settings: ["last": .integer(5)], format: "raw", start: .last(5)),
        Row(settings: ["last-value": .boolean(true)], start: .lastPerSubject),
        Row(target: "/?since=7", start: .after(HistoryToken(sequence: 7))),
        Row(target: "/?a=b&since=e1%3A7&since=8", start: .after(HistoryToken(epoch: "e1", sequence: 7))),
        Row(
            target: "/?since=e1:0", settings: ["last": .integer(5)],
            start: .after(HistoryToken(epoch: "e1", sequence: 0))),
        Row(target: "/?lastEventId=7", start: .after(HistoryToken(sequence: 7))),
        Row(target: "/?%73ince=7", start: .after(HistoryToken(sequence: 7))),
        Row(header: "e1:9", start: .after(HistoryToken(epoch: "e1", sequence: 9))),
        Row(target: "/?since=7", header: "9", start: .after(HistoryToken(sequence: 9))),
        Row(target: "/?since=", start: nil),
        Row(target: "/?since", start: nil),
        Row(target: "/?since=-1", start: nil),
        Row(target: "/?since=1:2:3", start: nil),
        Row(target: "/?since=99999999999999999999", start: nil),
        Row(target: "/?since=%zz", start: nil),
        Row(header: "x", start: nil),
        Row(target: "/?since=7", format: "raw", start: nil),
        Row(header: "7", format: "raw", start: nil),
        Row(target: "/?since=7", hasHistory: false, start: nil),
        Row(header: "7", hasHistory: false, start: .some(nil)),
        Row(target: "/?Since=7", start: .last(0)),
    ]

    @Test("By the request, else by the settings; what makes no sense is 400", arguments: rows)
    func starts(row: Row) async throws {
        let bus = ScriptedBus()
        var settings = row.settings
        settings["format"] = .string(row.format)
        if row.hasHistory { settings["history"] = .map([:]) }
        let handler = try Bridge.make("t.{topic}", settings, bus: bus)
        try await handler.start()
        var headers = HeaderFields()
        if let header = row.header { headers.append("Last-Event-ID", header) }
        if let start = row.start {
            let feed = try #require(
                handler.open([("topic", "x")], target: row.target, headers: headers).0.feeds.first)
            #expect(feed.start == start)
            #expect(feed.history === (row.hasHistory ? bus.histories[0] : nil))
        } else {
            let response = try handler.rejection([("topic", "x")], target: row.target, headers: headers)
            #expect(response.status == 400)
            #expect(try response.text.contains("'since'"))
        }
        await handler.stop()
    }

    @Test("Outside of what the history keeps there is nothing")
    func elsewhere() async throws {
        let handler = try Bridge.make("{topic}", ["history": .map(["subjects": .string("a.>")])])
        try await handler.start()
        #expect(try handler.open([("topic", "a.b")]).0.calls == [.join("a.b")])
        #expect(try handler.rejection([("topic", "b.a")]).status == 404)
        await handler.stop()
    }

    @Test("A newer token that lets a client hear begins as a new client does")
    func renewed() async throws {
        let answer: @Sendable (Bool) -> Identity = { mayHear in
            Identity(
                subject: "ada", permissions: Permissions(subscribe: mayHear ? nil : []),
                renew: { _, answer in
                    answer(.success(Identity(subject: "ada")))
                })
        }
        let handler = try Bridge.make("t", ["history": .map([:]), "last": .integer(2), "format": .string("envelope")])
        try await handler.start()
        var (socket, session) = try handler.open([], answer(false), target: "/?since=4")
        #expect(socket.feeds.isEmpty)
        session.received(.text(#"{"type":"refresh","token":"x"}"#))
        #expect(socket.feeds.map(\.start) == [.last(2)])
        await handler.stop()
    }
}
