import NATSPlugin
import PluginKit
import Testing

@Suite("history: of nats.*")
struct HistorySettingsTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var subject: String
        var settings: [String: SettingValue] = [:]
        var expected: HistoryConfiguration

        var testDescription: String { "\(subject) \(settings)" }
    }

    static let rows = [
        Row(subject: "room.{topic}", expected: .init(stream: "switchyard-room", subjects: ["room.>"])),
        Row(subject: "fixed", expected: .init(stream: "switchyard-fixed", subjects: ["fixed"])),
        Row(
            subject: "p{topic}s", settings: ["subjects": .string("*")],
            expected: .init(stream: "switchyard", subjects: ["*"])),
        Row(
            subject: "user.{claim.sub}.in", expected: .init(stream: "switchyard-user-any-in", subjects: ["user.*.in"])),
        Row(subject: "a.u{claim.sub}", expected: .init(stream: "switchyard-a-any", subjects: ["a.*"])),
        Row(subject: "a.{topic}.b", expected: .init(stream: "switchyard-a", subjects: ["a.>"])),
        Row(subject: "naïve/x", expected: .init(stream: "switchyard-na_ve_x", subjects: ["naïve/x"])),
        Row(
            subject: "{topic}", settings: ["subjects": .list([.string("a.>"), .string("b")])],
            expected: .init(stream: "switchyard", subjects: ["a.>", "b"])),
        Row(
            subject: "a.{topic}",
            settings: [
                "stream": .string("CHAT_1"), "subjects": .list([.string("b"), .string("a.>")]),
                "messages": .integer(50), "bytes": .string("2MB"), "age": .string("1h30m"), "create": .boolean(false),
            ],
            expected: .init(
                stream: "CHAT_1", subjects: ["b", "a.>"], messages: 50, bytes: 2 << 20, age: .seconds(5400),
                creates: false)),
        Row(
            subject: "a", settings: ["stream": .integer(7), "messages": .string("9"), "bytes": .integer(512)],
            expected: .init(stream: "7", subjects: ["a"], messages: 9, bytes: 512)),
    ]

    @Test("What is kept, and under which name", arguments: rows)
    func configurations(row: Row) throws {
        let bus = ScriptedBus()
        _ = try Bridge.make(row.subject, ["history": .map(row.settings)], bus: bus)
        #expect(bus.histories.map(\.configuration) == [row.expected])
    }

    @Test("Handlers with the same history share it: opened with the first, closed with the last")
    func shared() async throws {
        let (bus, shared) = (ScriptedBus(), SharedObjects())
        let history: [String: SettingValue] = ["history": .map(["stream": .string("A")])]
        let bridge = try Bridge.make("a", history, bus: bus, shared: shared)
        let events = try Handlers.http(
            "nats.sse", of: NATSPlugin.self, history.merging(["subject": .string("a")]) { one, _ in one }, bus: bus,
            shared: shared)
        _ = try Bridge.make("a", ["history": .map(["stream": .string("B")])], bus: bus, shared: shared)
        #expect(bus.histories.map(\.configuration.stream) == ["A", "B"])
        #expect(bus.histories[0].counts == [0, 0])
        try await bridge.start()
        try await events.start()
        #expect(bus.histories[0].counts == [1, 0])
        await bridge.stop()
        #expect(bus.histories[0].counts == [1, 0])
        await events.stop()
        #expect(bus.histories[0].counts == [1, 1])
        try await bridge.start()
        #expect(bus.histories[0].counts == [2, 1])
        await bridge.stop()
    }

    @Test("What cannot be opened refuses the start, and its stop leaves others alone")
    func refused() async throws {
        let bus = ScriptedBus(historyFailures: 1)
        let shared = SharedObjects()
        let one = try Bridge.make("a", ["history": .map([:])], bus: bus, shared: shared)
        let other = try Bridge.make("a", ["history": .map([:]), "echo": .boolean(false)], bus: bus, shared: shared)
        await #expect(throws: BusFailure.refused("the stream is not there")) { try await one.start() }
        try await other.start()
        await one.stop()
        #expect(bus.histories.map(\.counts) == [[1, 0]])
        await other.stop()
        await other.stop()
        #expect(bus.histories.map(\.counts) == [[1, 1]])
    }
}
