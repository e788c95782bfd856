import PluginKit
import Testing

@Suite("Settings of nats.bridge")
struct BridgeSettingsTests {
    struct Bad: Sendable, CustomTestStringConvertible {
        var subject: String
        var parameters: [String]
        var message: String
        var hint: String?

        init(_ subject: String, _ parameters: [String] = ["topic"], message: String, hint: String? = nil) {
            self.subject = subject
            self.parameters = parameters
            self.message = message
            self.hint = hint
        }

        var testDescription: String { subject }
    }

    static let bad = [
        Bad("{topc}", message: "the path has no parameter 'topc'", hint: "it has {topic}"),
        Bad("a.{x}", ["b", "c"], message: "the path has no parameter 'x'", hint: "it has {b}, {c}"),
        Bad("{x}", [], message: "the path has no parameter 'x'", hint: "give the path one, as in /ws/{x}"),
        Bad("{}", message: "the path has no parameter ''", hint: "it has {topic}"),
        Bad("{topic...}", message: "the path has no parameter 'topic...'", hint: "it has {topic}"),
        Bad("a.{topic", message: "'{' without '}'", hint: "write {name} for a parameter of the path"),
        Bad("", message: "'' cannot be a subject: a subject cannot be empty or have an empty token"),
        Bad(".{topic}", message: "'.{topic}' cannot be a subject: a subject cannot be empty or have an empty token"),
        Bad("{topic}.", message: "'{topic}.' cannot be a subject: a subject cannot be empty or have an empty token"),
        Bad(
            "a..{topic}",
            message: "'a..{topic}' cannot be a subject: a subject cannot be empty or have an empty token"),
        Bad("a b", message: "'a b' cannot be a subject: a subject cannot hold white space or control characters"),
        Bad("a\r\nb", message: "'a\r\nb' cannot be a subject: a subject cannot hold white space or control characters"),
        Bad("{topic}.*", message: "'{topic}.*' cannot be a subject: '*' and '>' are not allowed here"),
        Bad("{topic}.>", message: "'{topic}.>' cannot be a subject: '*' and '>' are not allowed here"),
    ]

    @Test("What is wrong, where, and what to write instead", arguments: bad)
    func refused(row: Bad) throws {
        let error = try #require(throws: SettingError.self) {
            _ = try Bridge.make(row.subject, parameters: row.parameters)
        }
        #expect(error.path == ["subject"])
        #expect(error.message == row.message)
        #expect(error.hint == row.hint)
    }

    @Test("Two bad braces: the first is told")
    func first() throws {
        let error = try #require(throws: SettingError.self) { _ = try Bridge.make("{a}.{b}") }
        #expect(error.message == "the path has no parameter 'a'")
    }
}
