import Diagnostics
import Foundation
import GatewayConfiguration
import PluginKit
import Routing
import Testing

@Suite struct ExpansionTests {
    private static let environment = ["NAME": "value", "EMPTY": "", "NUMBER": "7", "SWITCH": "on", "SELF": "${NAME}"]

    /// A text setting's value after expansion.
    private func expanded(_ text: String) -> String? {
        let quoted = "'" + text.replacing("'", with: "''") + "'"
        let result = load(withSettings("text: \(quoted)"), Self.environment)
        return result.configuration?.services[0].routes[0].settings.string("text")
    }

    @Test(arguments: [
        ("${NAME}", "value"), ("a${NAME}b${NAME}", "avaluebvalue"), ("${NAME:-x}", "value"), ("${NOPE:-x}", "x"),
        ("${EMPTY:-x}", "x"), ("${EMPTY}", ""), ("${NOPE:-}", ""), ("$$", "$"), ("$${NAME}", "${NAME}"), ("$$$$", "$$"),
        ("$5", "$5"), ("a$", "a$"), ("$NAME", "$NAME"), ("${NOPE:-a:b/{c}", "a:b/{c"), ("${NOPE:-${NAME}}", "value"),
        ("${NOPE:-${NOPE:-x}y}", "xy"), ("${NAME:-${NOPE}}", "value"), ("${SELF}", "${NAME}"), ("${SWITCH}", "on"),
        ("${NUMBER}", "7"), ("é${NAME}é", "évalueé"), ("${NAME}}", "value}"), ("${NAME:-${file:/nowhere}}", "value"),
    ])
    func values(_ text: String, _ expected: String) { #expect(expanded(text) == expected) }

    @Test(arguments: [
        ("${NOPE}", "undefinedVariable"), ("${NOPE:-${NOPE}}", "undefinedVariable"), ("${", "badVariable"),
        ("${}", "badVariable"), ("${NAME", "badVariable"), ("${NAME:x}", "badVariable"), ("${NAME-x}", "badVariable"),
        ("${1A}", "badVariable"), ("${file:}", "badVariable"), ("${file:/nowhere/x}", "fileUnreadable"),
        ("${file:/x", "badVariable"), ("${NÄME}", "badVariable"), ("${NOPE:-x", "badVariable"),
        ("${ NAME }", "badVariable"),
    ])
    func problems(_ text: String, _ kind: String) {
        let result = load(withSettings("text: '\(text)'"), Self.environment)
        #expect(result.findings == ["4:17 \(kind)"], "\(result.report)")
    }

    @Test func deepNestingIsRefused() {
        let text = String(repeating: "${A:-", count: 5_000) + String(repeating: "}", count: 5_000)
        #expect(load(withSettings("text: '\(text)'")).diagnostics.map(\.code) == [.badVariable])
    }

    @Test func undefinedSaysWhatToDo() {
        let report = load(withSettings("text: '${NAM}'"), Self.environment).report
        #expect(report.contains("the environment variable 'NAM' is not set; did you mean 'NAME'?"))
        #expect(report.contains("or give a default: ${NAM:-value}"))
    }

    @Test func typesFollowTheExpandedText() throws {
        let text = withSettings("count: \"${NUMBER}\", flag: \"${SWITCH}\", pause: '${NUMBER}s', room: '${NUMBER}KB'")
        let settings = try #require(load(text, Self.environment).configuration).services[0].routes[0].settings
        #expect(settings.integer("count") == 7 && settings.boolean("flag") == true)
        #expect(settings.duration("pause") == .seconds(7) && settings.integer("room") == 7168)
    }

    @Test func dispatchIsLiteral() throws {
        let result = load(withRoute("dispatch: [{ url: \"*/$${NAME}/$x\", service: default }]"), Self.environment)
        #expect(try #require(result.configuration).dispatch.map(\.pattern.text) == ["*/$${NAME}/$x"])
    }

    @Test func filesAreReadRelativeAndWithoutTheirLastLineBreak() throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "expansion-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("hush1\nhush2\n".utf8).write(to: folder.appending(path: "secret"))
        let file = folder.appending(path: "routes.yaml").path()
        try Data(withSettings("text: '${file:secret}', count: '${file:secret}'").utf8).write(to: URL(filePath: file))
        let result = ConfigurationLoader.load(file: file, environment: [:], catalog: catalog)
        #expect(result.diagnostics.map(\.code) == [.badSetting])
        #expect(!result.report.contains("hush"), "\(result.report)")
        try Data(count: 65_537).write(to: folder.appending(path: "large"))
        try Data(withSettings("text: '${file:large}'").utf8).write(to: URL(filePath: file))
        #expect(
            ConfigurationLoader.load(file: file, environment: [:], catalog: catalog).findings == ["4:17 fileUnreadable"]
        )
        try Data(withSettings("text: '${file:secret}'").utf8).write(to: URL(filePath: file))
        let configuration = try #require(
            ConfigurationLoader.load(file: file, environment: [:], catalog: catalog).configuration)
        #expect(configuration.services[0].routes[0].settings.string("text") == "hush1\nhush2")
        #expect(configuration.secrets == ["hush1", "hush2"])
    }
}

@Suite struct SecretTests {
    @Test(
        arguments: [
            ("bus: { url: nats://u:s3cret@h:x }", [:]), ("bus: { url: \"nats://u:s3c%72et@h:x\" }", [:]),
            ("bus: { url: [\"nats:s3cret@h:1\", \"foo://a:s3cret@b\"] }", [:]), ("bus: { url: 's3cret@h:x' }", [:]),
            ("access_log: nats://u:s3cret@h\nbus: { url: nats://u:s3cret@h }", [:]),
            ("bus: { url: \"${U}\" }\naccess_log: s3cret", ["U": "nats:s3cret@h"]),
            ("access_log: s3cret", ["NATS_URL": "a:s3cret@h"]),
            ("access_log: x", ["QS_NATS_URL": "nats:s3cret@h:port"]),
            ("bus: { url: \"nats://u:s3\\x63ret@h\", s3cret: 1 }", [:]),
            ("bus: { url: { a: nats://u:s3cret@h } }", [:]),
            ("bus: { url: nats:s3cret@h: x }", [:]), ("bus: [nats://u:s3cret@h", [:]),
        ] as [(String, [String: String])])
    func neverShown(_ text: String, _ environment: [String: String]) {
        let result = load(withRoute(text), environment)
        #expect(!result.diagnostics.isEmpty)
        #expect(!result.report.contains("s3c"), "\(result.report)")
        #expect(!result.renderer.masked("log line with s3cret").contains("s3cret"))
    }

    @Test(arguments: ["key: s3cret, nope: s3cret", "pin: s3cret", "key: [s3cret]", "key: \"s3\\x63ret\", pin: s3cret"])
    func secretSettings(_ settings: String) {
        let result = load(withSettings(settings))
        #expect(!result.diagnostics.isEmpty)
        #expect(!result.report.contains("s3c"), "\(result.report)")
    }

    @Test func secretsComeWithTheConfiguration() throws {
        let result = load(withRoute("bus: { url: \"nats://u:p%40ss@h\" }"))
        #expect(try #require(result.configuration).secrets == ["p%40ss", "p@ss"])
    }
}
