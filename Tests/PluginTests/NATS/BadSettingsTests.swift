import NATSPlugin
import PluginKit
import Testing

/// What the handlers of `nats` complain about, and where.
@Suite("Bad settings of nats.*")
struct BadSettingsTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var handler = "nats.bridge"
        var subject: String? = "t.{topic}"
        var settings: [String: SettingValue]
        var path: [String]
        var message: String

        var testDescription: String { "\(handler) \(subject ?? "-") \(settings)" }
    }

    private static func history(_ map: [String: SettingValue]) -> [String: SettingValue] { ["history": .map(map)] }

    static let sides = [
        Row(subject: nil, settings: [:], path: [], message: "what clients hear has no subject"),
        Row(
            subject: nil, settings: ["subscribe": .string("a")], path: [], message: "what clients send has no subject"),
        Row(subject: nil, settings: ["publish": .string("a")], path: [], message: "what clients hear has no subject"),
        Row(
            settings: ["publish": .string("a b")], path: ["publish"],
            message: "'a b' cannot be a subject: a subject cannot hold white space or control characters"),
        Row(settings: ["subscribe": .string("{x}")], path: ["subscribe"], message: "the path has no parameter 'x'"),
        Row(
            settings: ["subscribe": .string("a.*")], path: ["subscribe"],
            message: "'a.*' cannot be a subject: '*' and '>' are not allowed here"),
        Row(
            settings: ["direction": .string("publish"), "subscribe": .string("a")], path: ["subscribe"],
            message: "'subscribe' has no use with direction: publish"),
        Row(
            settings: ["direction": .string("subscribe"), "publish": .string("a")], path: ["publish"],
            message: "'publish' has no use with direction: subscribe"),
        Row(
            settings: ["direction": .string("publish"), "wildcards": .boolean(true)], path: ["wildcards"],
            message: "'wildcards' has no use with direction: publish"),
        Row(
            subject: "a.*", settings: ["wildcards": .boolean(true)], path: ["subject"],
            message: "'a.*' can be subscribed to, not published to"),
        Row(
            settings: ["wildcards": .boolean(true), "publish": .string("a.>")], path: ["publish"],
            message: "'a.>' cannot be a subject: '*' and '>' are not allowed here"),
    ]

    static let feeds = [
        Row(
            settings: ["slow": .string("drop-oldest")], path: ["slow"],
            message: "a client that loses messages must be told, and this format has no way to"),
        Row(settings: ["max-lag": .duration(.zero)], path: ["max-lag"], message: "every message would be too old"),
        Row(
            settings: ["last": .integer(3)], path: ["last"],
            message: "without 'history' nothing is kept that 'last' could send"),
        Row(
            settings: ["last-value": .boolean(true)], path: ["last-value"],
            message: "without 'history' nothing is kept that 'last-value' could send"),
        Row(
            settings: ["last-value": .boolean(true), "last": .integer(3), "history": .map([:])], path: ["last-value"],
            message: "'last' and 'last-value' are two ways to begin; choose one"),
        Row(
            settings: ["direction": .string("publish"), "history": .map([:])], path: ["history"],
            message: "'history' has no use with direction: publish"),
        Row(
            settings: ["subprotocols": .list([.string("ok"), .string("a b")])], path: ["subprotocols", "1"],
            message: "'a b' cannot be the name of a subprotocol"),
        Row(
            handler: "nats.sse", subject: "t", settings: ["heartbeat": .duration(.milliseconds(500))],
            path: ["heartbeat"], message: "a heartbeat comes once a second at most"),
        Row(
            handler: "nats.poll", subject: "t", settings: [:], path: [],
            message: "between two requests messages must be kept"),
    ]

    static let histories = [
        Row(
            settings: history(["sream": .string("A")]), path: ["history", "sream"],
            message: "'history' has no 'sream'"),
        Row(
            settings: history(["stream": .string("a b")]), path: ["history", "stream"],
            message: "'a b' cannot be a stream's name: use letters, digits, '-' and '_'"),
        Row(
            settings: history(["stream": .string("")]), path: ["history", "stream"],
            message: "'' cannot be a stream's name: use letters, digits, '-' and '_'"),
        Row(
            settings: history(["stream": .boolean(true)]), path: ["history", "stream"],
            message: "'stream' must be text"),
        Row(
            settings: history(["subjects": .list([.string("t.>"), .string("a..b")])]),
            path: ["history", "subjects", "1"],
            message: "'a..b' cannot be a subject: a subject cannot be empty or have an empty token"),
        Row(
            settings: history(["subjects": .list([])]), path: ["history", "subjects"],
            message: "'subjects' must be a list of texts"),
        Row(
            settings: history(["subjects": .string("t.*")]), path: ["history", "subjects"],
            message: "'t.{topic}' has subjects that are not kept"),
        Row(
            subject: "{topic}", settings: history([:]), path: ["history", "subjects"],
            message: "'{topic}' can be any subject: 'subjects' must say which are kept"),
        Row(
            settings: history(["messages": .integer(0)]), path: ["history", "messages"],
            message: "'messages' must be a whole number from 1"),
        Row(
            settings: history(["bytes": .string("many")]), path: ["history", "bytes"],
            message: "'bytes' must be a size, as 512, 64KB or 16MB"),
        Row(
            settings: history(["age": .integer(10)]), path: ["history", "age"],
            message: "'age' must be a duration, as 90s, 5m or 24h"),
        Row(
            settings: history(["age": .string("5ms"), "stream": .string("A")]), path: ["history", "age"],
            message: "the stream 'A' must keep messages for 100 ms or more"),
        Row(
            settings: history(["create": .string("no")]), path: ["history", "create"],
            message: "'create' must be true or false"),
    ]

    static let presences = [
        Row(
            settings: ["presence": .map(["nam": .string("x")])], path: ["presence", "nam"],
            message: "'presence' has no 'nam'"),
        Row(
            settings: ["presence": .map(["name": .string("{nick}")])], path: ["presence", "name"],
            message: "the path has no parameter 'nick'"),
        Row(
            settings: ["presence": .map(["prefix": .string("a..b")])], path: ["presence", "prefix"],
            message: "'a..b' cannot begin a subject: a subject cannot be empty or have an empty token"),
        Row(
            settings: ["presence": .map(["prefix": .string("$SYS")])], path: ["presence", "prefix"],
            message: "subjects that begin with '$SYS' are reserved"),
        Row(
            settings: ["presence": .boolean(true), "wildcards": .boolean(true)], path: ["presence"],
            message: "a client on many subjects is present on none: choose one"),
        Row(
            handler: "nats.presence", subject: "t", settings: ["prefix": .string("")], path: ["prefix"],
            message: "'' cannot begin a subject: a subject cannot be empty or have an empty token"),
    ]

    @Test("What is wrong, and where", arguments: sides + feeds + histories + presences)
    func refused(row: Row) throws {
        let error = try #require(throws: SettingError.self) {
            if row.handler == "nats.bridge" {
                _ = try Bridge.make(row.subject, row.settings)
            } else {
                let subject = row.subject.map { ["subject": SettingValue.string($0)] } ?? [:]
                _ = try Handlers.http(
                    row.handler, of: NATSPlugin.self, subject.merging(row.settings) { one, _ in one },
                    bus: ScriptedBus())
            }
        }
        #expect(error.path == row.path)
        #expect(error.message == row.message)
    }
}
