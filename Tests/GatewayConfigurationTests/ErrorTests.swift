import Diagnostics
import GatewayConfiguration
import PluginKit
import Testing

/// What a bad file gets: every problem in one pass, each with its place.
@Suite struct ErrorTests {
    @Test(arguments: [
        ("", ["1:1 noRoutes"]), ("# nothing\n", ["1:1 noRoutes"]), ("[]", ["1:1 structure"]),
        ("text", ["1:1 structure"]),
        ("routes:", ["1:1 noRoutes"]), ("services: {}", ["1:1 noRoutes"]), ("services: { default: }", ["1:1 noRoutes"]),
        ("listen: 1", ["1:9 badValue"]), ("routes: {}", ["1:9 structure"]), ("routes: [x]", ["1:10 structure"]),
        (withRoute("lisen: x"), ["1:1 unknownKey"]), (withRoute("application: x"), ["1:1 unknownKey"]),
        (withRoute("services: []"), ["1:11 structure"]), (withRoute("services: { a: [] }"), ["1:16 structure"]),
        (withRoute("services: { A: }"), ["1:13 service"]), (withRoute("health: /x"), ["1:9 structure"]),
        (withRoute("health: { live: x, raedy: /y }"), ["1:17 badValue", "1:20 unknownKey"]),
        (withRoute("access_log: jsn"), ["1:13 badValue"]),
        (
            withRoute("appengine: { domains: [\"a b\"], versions: { default: [A], x: v1 } }"),
            ["1:24 badValue", "1:54 badValue", "1:58 unknownService"]
        ),
    ])
    func topLevel(_ text: String, _ expected: [String]) {
        let result = load(text)
        #expect(result.findings == expected, "\(result.report)")
        #expect(result.configuration == nil)
    }

    @Test(arguments: [
        ("plugins: []", "1:1"), ("listen: [{ address: \"h:1\", tls: {} }]", "1:28"),
        ("services: { a: { run: x } }", "1:18"), ("services: { a: { upstream: x } }", "1:18"),
        ("listen: \"unix:/run/x\"", "1:9"),
    ])
    func reservedKeysAreRefused(_ text: String, _ place: String) {
        #expect(load(withRoute(text)).findings.filter { !$0.hasPrefix("(") } == ["\(place) notYetSupported"])
    }

    @Test(arguments: [
        ("use: test.gard", "1:6 unknownHandler"), ("use: add.sum", "1:6 handlerKind"),
        ("use: [test.guard: { levle: 1 }]", "1:21 unknownSetting"),
        ("use: [test.guard: { level: x }]", "1:28 badSetting"),
        ("use: [test.guard, test.guard]", "1:19 badValue"),
        ("use: [{ test.guard: , other: }]", "1:7 badValue"),
        ("services: { a: { use: x, routes: [] } }", "1:23 unknownHandler"),
        ("channels: [{ path: /c, handler: test.guard }]", "1:33 handlerKind"),
    ])
    func useIsChecked(_ text: String, _ finding: String) {
        #expect(load(withRoute(text)).findings.first { !$0.hasPrefix("(") } == finding)
    }

    @Test func useIsInheritedFromTheOutsideIn() throws {
        let result = load(
            """
            use: { test.guard: { level: 1 } }
            services:
              default:
                use: [test.guard]
                routes:
                  - { path: /a, handler: add.sum, use: [test.guard: { level: 2 }, test.guard: { level: 3 }] }
                  - { path: /b, handler: add.sum }
            """)
        let routes = try #require(result.configuration, "\(result.report)").services[0].routes
        #expect(routes.map { $0.use.map { $0.settings.integer("level") } } == [[1, 2, 2, 3], [1, 2]])
        let scopes = routes.map { $0.use.map(\.scope) }
        #expect(scopes[0][..<2] == scopes[1][..<2])
        #expect(Set(scopes[0]).count == 3)
    }

    @Test(arguments: [
        ("localhost", "badValue"), ("localhost:x", "badValue"), ("\"h:70000\"", "badValue"), ("\"::1:80\"", "badValue"),
        ("\"[::1]\"", "badValue"), ("\"http://h:1\"", "badValue"), ("{}", "missingKey"), ("[]", "badValue"),
        ("[[]]", "structure"), ("[\"a:1\", \"a:1\"]", "addressInUse"), ("{ adress: \"h:1\" }", "unknownKey"),
    ])
    func listeners(_ value: String, _ kind: String) {
        let result = load(withRoute("listen: \(value)"))
        #expect(result.diagnostics.map(\.code.kind).contains(kind), "\(result.report)")
        #expect(result.configuration == nil)
    }

    @Test(arguments: [
        ("{}", ["missingKey", "missingKey"]), ("{ path: /, handlr: add.sum }", ["missingKey", "unknownKey"]),
        ("{ path: /, handler: add.sun }", ["unknownHandler"]), ("{ path: /, handler: nats.bridge }", ["handlerKind"]),
        ("{ path: x, handler: add.sum }", ["pathTemplate"]),
        ("{ path: \"/{a}/{a}\", handler: add.sum }", ["pathTemplate"]),
        ("{ path: /, handler: [] }", ["structure"]), ("{ path: , handler: ~ }", ["missingKey", "missingKey"]),
        ("{ path: /, handler: add.sum, methods: [] }", ["badValue"]),
        ("{ path: /, handler: add.sum, methods: [get] }", ["badValue"]),
        ("{ path: /, handler: add.sum, methods: \"GET, POST\" }", ["badValue"]),
        ("{ path: /, handler: add.sum, methods: [GET, GET] }", ["badValue"]),
        ("{ path: /, handler: add.sum, methods: [CONNECT] }", ["badValue"]),
        ("{ path: /, handler: add.sum, origins: \"*\" }", ["unknownKey"]),
        ("{ path: /, handler: site.files }", ["missingSetting"]),
        ("{ path: /, handler: site.files, with: { rot: x } }", ["missingSetting", "unknownSetting"]),
        ("{ path: /, handler: add.sum, with: [] }", ["structure"]),
        ("{ path: /, handler: add.sum, limits: { head: 1KB, body: 1XB } }", ["unknownKey", "badValue"]),
        (
            "{ path: /, handler: add.sum, timeouts: { request: 0s, idle: 1s, ping: 30 } }",
            ["badValue", "unknownKey", "badValue"]
        ),
    ])
    func routes(_ route: String, _ kinds: [String]) {
        let result = load("routes:\n- \(route)\n")
        #expect(result.diagnostics.map(\.code.kind) == kinds, "\(result.report)")
        #expect(result.diagnostics.allSatisfy { $0.mark?.line == 2 })
    }

    @Test(arguments: [
        "count: 0", "count: 10", "count: x", "count: 1.5", "count: \"\"", "flag: 1", "flag: maybe", "pause: 10",
        "pause: 10x",
        "pause: 1:30", "pause: s", "room: 1XB", "room: -1", "room: 9999999999999GB", "mode: drop", "mode: []",
        "words: x",
        "words: [~]", "table: []", "table: x", "more: []",
        "more: x", "more: 1", "more: { a: ~ }", "text: yes", "text: {}", "big: -1", "big: 99999999999999999999",
    ])
    func settings(_ setting: String) {
        let result = load(withSettings(setting))
        #expect(result.diagnostics.count == 1, "\(result.report)")
        #expect(result.diagnostics.allSatisfy { $0.code == .badSetting || $0.code == .structure })
        #expect(result.findings.first?.hasPrefix("4:") == true)
    }

    @Test(arguments: [
        ("*://*", "origin"), ("example.com", "origin"), ("https://example.com/", "origin"), ("https://", "origin"),
    ])
    func origins(_ origin: String, _ word: String) {
        let result = load("channels: [{ path: /, handler: nats.bridge, origins: [\"\(origin)\"] }]")
        #expect(result.findings == ["1:55 badValue"] && result.report.contains(word))
    }

    @Test(arguments: [
        ("[{ path: /a, handler: add.sum }, { path: /a, handler: add.sum }]", 1),
        ("[{ path: \"/{a}\", handler: add.sum }, { path: \"/{b}\", handler: add.sum, methods: GET }]", 1),
        ("[{ path: /a, handler: add.sum, methods: POST }, { path: /a, handler: add.sum, methods: GET }]", 0),
        ("[{ path: /a, handler: add.sum }, { path: /a/, handler: add.sum }, { path: \"/{x}\", handler: add.sum }]", 0),
        ("[{ path: /%61, handler: add.sum }, { path: /a, handler: add.sum }]", 1),
    ])
    func ambiguousRoutes(_ routes: String, _ count: Int) {
        let result = load("routes: \(routes)")
        #expect(result.diagnostics.map(\.code) == [DiagnosticCode](repeating: .ambiguousRoute, count: count))
        #expect(result.diagnostics.allSatisfy { $0.notes.count == 1 })
    }

    @Test func routeAndChannelMayShareAPath() {
        #expect(
            load("routes: [{ path: /, handler: add.sum }]\nchannels: [{ path: /, handler: nats.bridge }]").findings
                == [])
    }

    @Test func everythingAtOnce() {
        let result = load(
            """
            listen: nowhere
            bsu: {}
            services:
              add:
                routes:
                  - { path: /a, handler: add.sun }
                  - { path: api, handler: add.sum, with: { publsh: x } }
                  - { path: "${NOPE}", handler: add.sum }
              add: {}
            dispatch:
              - { url: "*/a", service: ad }
              - { url: a, service: add }
            """)
        #expect(
            result.findings == [
                "1:9 badValue", "2:1 unknownKey", "3:1 noDefaultService", "6:30 unknownHandler", "7:17 pathTemplate",
                "7:48 unknownSetting",
                "8:17 undefinedVariable", "9:3 duplicateKey", "11:28 unknownService", "12:12 urlShape",
            ], "\(result.report)")
    }

    @Test func aSyntaxErrorStopsThere() {
        let result = load("routes:\n\t- { path: / }\n")
        #expect(result.findings == ["2:1 yamlSyntax"] && result.configuration == nil)
    }
}
