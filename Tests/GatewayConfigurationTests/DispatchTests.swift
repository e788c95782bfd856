import Diagnostics
import Foundation
import GatewayConfiguration
import Routing
import Testing

/// Rules in files and in routes.yaml.
@Suite struct DispatchTests {
    struct Vectors: Decodable {
        struct Item: Decodable, Sendable, CustomTestStringConvertible {
            var id: String
            var yaml: String
            var valid: Bool
            var reason: String?
            var services: [String]?
            var testDescription: String { id }
        }

        var items: [Item]
    }

    static let vectors: [Vectors.Item] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/appengine/dispatch-validity.json")
        guard let data = try? Data(contentsOf: file) else { return [] }
        return (try? JSONDecoder().decode(Vectors.self, from: data))?.items ?? []
    }()

    @Test func vectorsAreThere() { #expect(Self.vectors.count > 40) }

    @Test(arguments: vectors) func vector(_ item: Vectors.Item) {
        let result = ConfigurationLoader.loadAppEngine(
            dispatch: SourceText(file: "dispatch.yaml", text: item.yaml), apps: [], services: item.services)
        let errors = result.diagnostics.filter { $0.severity == .error }.map(\.code.kind)
        #expect(errors == (item.valid ? [] : [item.reason ?? "?"]), "\(result.report)")
        #expect((result.configuration != nil) == item.valid)
    }

    private static func read(_ text: String, services: [String]? = nil) -> LoadResult {
        ConfigurationLoader.loadAppEngine(
            dispatch: SourceText(file: "dispatch.yaml", text: text), apps: [], services: services)
    }

    @Test(arguments: ["", "# x", "---\n", "dispatch:", "dispatch: []", "dispatch: ~", "{}", "---\ndispatch:\n...\n"])
    func noRules(_ text: String) throws {
        let result = Self.read(text)
        #expect(result.findings == [])
        #expect(try #require(result.configuration).dispatch == [])
    }

    @Test(arguments: [
        ("7", "7"), ("012", "10"), ("0x1f", "31"), ("1:30", "90"), ("\"yes\"", "yes"), ("08", "08"), ("1_0", "10"),
        ("1e3", "1e3"),
        ("'0x1f'", "0x1f"), ("!!str 012", "012"), ("|-\n    abc", "abc"), ("yy", "yy"), ("nulll", "nulll"),
    ])
    func serviceNamesAsYAMLReadsThem(_ value: String, _ name: String) throws {
        let result = Self.read("dispatch:\n- url: \"*/x\"\n  service: \(value)\n")
        #expect(result.report == "")
        #expect(try #require(result.configuration).dispatch.map(\.service) == [name])
    }

    @Test(arguments: [
        ("service: 1.5", ["service"]), ("service: -7", ["service"]), ("service: \"\"", ["service"]),
        ("service: A", ["service"]),
        ("service: a-", ["service"]), ("service: y", ["serviceYamlBoolean"]), ("service: NO", ["serviceYamlBoolean"]),
        ("module: on", ["serviceYamlBoolean"]), ("service: ~", ["missingService"]), ("service:", ["missingService"]),
        ("service: [a]", ["structure"]), ("service: .inf", ["service"]), ("service: *a", ["yamlAnchor"]),
        ("service: a\n  module: a", ["bothServiceAndModule"]), ("service: a\n  service: a", ["duplicateKey"]),
        ("service: a\n  <<: {}", ["yamlAnchor"]), ("Service: a", ["missingService", "unknownKey"]),
        ("service: a\n  url: x/", ["duplicateKey"]), ("service: &s a", ["yamlAnchor"]), ("service: a\n  module:", []),
        ("service: a b", ["service"]), ("service: \"${X}\"", ["service"]), ("service: ü", ["service"]),
    ])
    func services(_ lines: String, _ kinds: [String]) {
        let result = Self.read("dispatch:\n- url: \"*/x\"\n  \(lines)\n")
        #expect(result.diagnostics.map(\.code.kind).sorted() == kinds.sorted(), "\(result.report)")
    }

    @Test(arguments: [
        ("~", ["missingUrl"]), ("", ["missingUrl"]), ("yes", ["urlType"]), ("1.5", ["urlType"]), ("[a]", ["urlType"]),
        ("{a: b}", ["urlType"]), ("/x", ["urlShape"]), ("'*'", ["urlShape"]), ("*/x", ["yamlSyntax"]),
        ("*x", ["yamlAnchor"]),
        ("a_b/x", ["host"]), ("a/b*c", ["starInPath"]), ("a/**", ["starInPath"]), ("1.2.3.4/", ["hostIPv4"]),
        ("a/" + String(repeating: "x", count: 98), []), ("a/" + String(repeating: "x", count: 99), ["patternTooLong"]),
        ("a/$x${HOME}", []), ("!!str 12", ["urlShape"]), ("!!python/none x", ["structure", "urlShape"]),
    ])
    func urls(_ value: String, _ kinds: [String]) {
        let result = Self.read("dispatch:\n- url: \(value)\n  service: a\n")
        #expect(result.diagnostics.map(\.code.kind) == kinds, "\(result.report)")
    }

    @Test(arguments: [
        ("[]", ["structure"]), ("x", ["structure"]), ("dispatch: x", ["structure"]), ("dispatch: [x]", ["structure"]),
        ("dispatch: [~]", ["structure"]), ("dispatch: [{}]", ["missingUrl", "missingService"]),
        ("routes: []", ["unknownKey"]),
        ("application: x", ["applicationKey"]), ("a: 1\n---\nb: 2", ["unknownKey", "multipleDocuments"]),
        ("dispatch: []\n---\n", ["multipleDocuments"]), ("dispatch: &a []", ["yamlAnchor"]),
        ("dispatch: [", ["yamlSyntax"]),
    ])
    func shapes(_ text: String, _ kinds: [String]) {
        #expect(Self.read(text).diagnostics.map(\.code.kind) == kinds)
    }

    @Test func applicationOnlyWarns() {
        let result = Self.read("application: x\ndispatch:\n- {url: \"*/x\", service: a}\n")
        #expect(result.findings == ["(1:1 applicationKey)"] && result.configuration?.dispatch.count == 1)
    }

    @Test func theTwentyFirstRule() {
        let rules = (0..<21).map { "- {url: \"*/r\($0)\", service: a}\n" }.joined()
        #expect(Self.read("dispatch:\n" + rules).findings == ["22:3 tooManyRules"])
    }

    @Test func marksPointIntoThePattern() {
        #expect(Self.read("dispatch:\n- url: \"ab_c/x\"\n  service: a\n").diagnostics[0].mark?.column == 11)
        #expect(Self.read("dispatch:\n- url: ab/x*y\n  service: a\n").diagnostics[0].mark?.column == 12)
        #expect(Self.read("dispatch:\n- url: \"a\\x62_c/x\"\n  service: a\n").diagnostics[0].mark?.column == 8)
    }

    @Test func unknownServicesAreAllListed() {
        let text =
            "dispatch:\n- {url: \"*/a\", service: ad}\n- {url: \"*/b\", service: zz}\n- {url: \"*/c\", service: add}\n"
        #expect(
            Self.read(text, services: ["default", "add"]).findings == ["2:25 unknownService", "3:25 unknownService"])
        #expect(Self.read(text, services: ["add"]).findings.contains("1:1 noDefaultService"))
        #expect(Self.read(text).findings == [])
    }

    @Test func rulesThatNeverMatch() {
        let result = Self.read(
            """
            dispatch:
            - { url: "*/a*", service: a }
            - { url: "x.com/ab", service: b }
            - { url: "*/_ah/x", service: b }
            - { url: "*/c%20d", service: b }
            - { url: "*/c%2Fd", service: b }
            """)
        #expect(result.findings == ["(3:10 unreachableRule)", "(4:10 unreachableRule)", "(5:10 unreachableRule)"])
        #expect(result.configuration?.dispatch.count == 5)
        #expect(result.diagnostics[0].notes.map(\.mark.line) == [2])
    }

    @Test(arguments: [
        ("", "/hello", "ws", "only under the host ws.localhost"),
        ("dispatch: [{ url: \"*/he\", service: ws }]", "/hello", "ws", "only under the host ws.localhost"),
        ("dispatch: [{ url: \"*/he*\", service: ws }]", "/hello", "ws", nil),
        ("dispatch: [{ url: \"*/*\", service: ws }]", "/hello", "default", "no dispatch rule leads to '/hello'"),
        ("dispatch: [{ url: \"*/hello\", service: ws }]", "/{name}", "default", nil), ("", "/hello", "default", nil),
    ])
    func routesThatNoRuleLeadsTo(_ dispatch: String, _ path: String, _ service: String, _ fragment: String?) {
        let result = load(
            """
            services:
              default: { channels: [{ path: /_ah/x, handler: nats.bridge }] }
              ws: { channels: [{ path: /_ah/y, handler: nats.bridge }] }
            \(dispatch)
            """.replacing(
                "\(service): { ", with: "\(service): { routes: [{ path: \"\(path)\", handler: add.sum }], "))
        let found = result.diagnostics.filter { $0.message.contains("'\(path)'") }
        #expect(found.map(\.code) == (fragment == nil ? [] : [.unreachableRoute]), "\(result.report)")
        if let fragment { #expect(found.first?.message.contains(fragment) == true, "\(result.report)") }
    }
}
