import Diagnostics
import GatewayConfiguration
import PluginKit
import Routing
import Testing

/// What a good file means.
@Suite struct LoadTests {
    static let sample = """
        listen:
          - address: 127.0.0.1:8080
        bus:
          url: "${QS_NATS_URL:-embedded:}"
        appengine:
          project: gae-lab-001
        services:
          default:
            routes:
              - { path: "/{file...}", handler: site.files, with: { root: plugins/Site/public } }
          add:
            routes:
              - { path: /api/add/sum,    methods: [POST], handler: add.sum,    with: { publish: add } }
              - { path: /api/add/concat, methods: [POST], handler: add.concat, with: { publish: add } }
          ws:
            channels:
              - { path: "/ws/{topic}", handler: nats.bridge, with: { subject: "{topic}" } }
        dispatch:
          - { url: "*/api/add*", service: add }
          - { url: "*/ws*", module: ws }
        """

    @Test func theSample() throws {
        let result = load(Self.sample)
        #expect(result.report == "")
        let configuration = try #require(result.configuration)
        #expect(configuration.listeners.map(\.address) == ["127.0.0.1:8080"])
        #expect(configuration.bus.urls == [.embedded])
        #expect(configuration.app.project == "gae-lab-001")
        #expect(configuration.app.services == ["default", "add", "ws"].map { ServiceIdentity(name: $0) })
        #expect(
            configuration.services.map { "\($0.name) \($0.routes.count) \($0.channels.count)" } == [
                "default 1 0", "add 2 0", "ws 0 1",
            ])
        #expect(configuration.dispatch.map(\.pattern.text) == ["*/api/add*", "*/ws*"])
        #expect(configuration.dispatch.map(\.service) == ["add", "ws"])
        #expect(configuration.dispatchMarks.map(\.line) == [19, 20])
        let sum = configuration.services[1].routes[0]
        #expect(sum.template.text == "/api/add/sum" && sum.methods == ["POST"] && sum.handler == "add.sum")
        #expect(sum.settings == Settings(["publish": .string("add")]))
        #expect(sum.mark == SourceMark(file: "routes.yaml", line: 13, column: 17, length: 12))
        #expect(configuration.services[2].channels[0].settings.string("subject") == "{topic}")
        #expect(configuration.secrets == [])
    }

    @Test func theShortestFile() throws {
        let configuration = try #require(load("routes:\n- { path: /, handler: add.sum }\n").configuration)
        #expect(configuration.listeners == [.standard])
        #expect(configuration.services.map(\.name) == ["default"])
        #expect(configuration.services[0].routes[0].settings.string("publish") == "add")
        #expect(configuration.services[0].routes[0].methods == nil)
        #expect(configuration.limits == Limits() && configuration.timeouts == Timeouts())
        #expect(configuration.health == HealthConfiguration() && configuration.accessLog == .text)
        #expect(configuration.limits.head == 16_384 && configuration.limits.body == 33_554_432)
    }

    @Test func topLevelRoutesJoinTheDefaultService() throws {
        let result = load(
            """
            routes: [{ path: /a, handler: add.sum }]
            channels: [{ path: /c, handler: nats.bridge }]
            services:
              default: { routes: [{ path: /b, handler: add.sum }] }
              other:
            """)
        #expect(result.findings == ["(5:3 noRoutes)"])
        let configuration = try #require(result.configuration)
        #expect(configuration.services.map(\.name) == ["default", "other"])
        #expect(configuration.services[0].routes.map(\.template.text) == ["/a", "/b"])
        #expect(configuration.services[0].channels.count == 1)
    }

    @Test func limitsAndTimeoutsNarrowDown() throws {
        let result = load(
            """
            limits: { head: 8KB, body: 1MB, connections: 1_000 }
            timeouts: { request: 5s, idle: 1m30s, drain: 250ms }
            services:
              default:
                limits: { body: 2MB }
                routes:
                  - { path: /a, handler: add.sum }
                  - { path: /b, handler: add.sum, limits: { body: 0 }, timeouts: { request: 1h } }
            """)
        #expect(result.findings == [])
        let configuration = try #require(result.configuration)
        #expect(configuration.limits.body == 1 << 20 && configuration.limits.connections == 1000)
        #expect(configuration.timeouts.idle == .seconds(90) && configuration.timeouts.drain == .milliseconds(250))
        let routes = configuration.services[0].routes
        #expect(routes.map(\.limits.body) == [2 << 20, 0])
        #expect(routes.map(\.limits.head) == [8192, 8192])
        #expect(routes.map(\.timeouts.request) == [.seconds(5), .seconds(3600)])
    }

    @Test func theRestOfTheTopLevel() throws {
        let result = load(
            withRoute(
                """
                listen: [":80", "[::1]:8080", { address: "localhost:0" }]
                bus: { url: [nats://h1, nats://h2:1], required: yes }
                appengine: { project: p, region: uc, domains: [Example.com], versions: { default: [v2, v1] } }
                health: { live: /live }
                access_log: off
                """))
        #expect(result.report == "")
        let configuration = try #require(result.configuration)
        #expect(configuration.listeners.map(\.address) == ["0.0.0.0:80", "[::1]:8080", "localhost:0"])
        #expect(
            configuration.bus.isRequired
                && configuration.bus.urls.map(\.description) == ["nats://h1:4222", "nats://h2:1"])
        #expect(configuration.app.customDomains == ["example.com"] && configuration.app.region == "uc")
        #expect(configuration.app.services == [ServiceIdentity(name: "default", versions: ["v2", "v1"])])
        #expect(configuration.health == HealthConfiguration(live: "/live"))
        #expect(configuration.accessLog == .off)
    }

    @Test(arguments: [("off", false), ("no", false), ("on", true), ("", true)])
    func healthSwitch(_ text: String, _ isOn: Bool) throws {
        #expect(try #require(load(withRoute("health: \(text)")).configuration).health.isOn == isOn)
    }

    @Test func origins() throws {
        let result = load(
            """
            channels:
            - { path: /a, handler: nats.bridge }
            - { path: /b, handler: nats.bridge, origins: "*" }
            - { path: /c, handler: nats.bridge, origins: ["https://Example.com", "http://localhost:3000"] }
            """)
        let channels = try #require(result.configuration).services[0].channels
        #expect(channels.map(\.origins) == [nil, ["*"], ["https://example.com", "http://localhost:3000"]])
    }

    @Test func settingsOfEveryShape() throws {
        let text = withSettings(
            """
            count: 0x5, flag: yes, pause: 1m, room: 64KB, mode: off, text: 12, key: k, words: [a, 1, no, "2", [x]],
                table: { a: 1, b: { c: d } }
            """)
        let settings = try #require(load(text).configuration).services[0].routes[0].settings
        #expect(
            settings
                == Settings([
                    "count": .integer(5), "flag": .boolean(true), "pause": .duration(.seconds(60)),
                    "room": .integer(65_536), "mode": .string("off"), "text": .string("12"), "key": .string("k"),
                    "words": .list([.string("a"), .integer(1), .boolean(false), .string("2"), .list([.string("x")])]),
                    "table": .map(["a": .integer(1), "b": .map(["c": .string("d")])]),
                ]))
    }

    @Test(arguments: [
        ("yes", SettingValue.boolean(true)), ("false", .boolean(false)), ("{}", .map([:])),
        ("{ a: 1, b: [c] }", .map(["a": .integer(1), "b": .list([.string("c")])])),
    ])
    func moreThanTrue(text: String, value: SettingValue) throws {
        let settings = try #require(load(withSettings("more: \(text)")).configuration).services[0].routes[0].settings
        #expect(settings.values == ["more": value])
    }

    @Test func marksOfSettings() throws {
        let text = """
            routes:
            - path: /
              handler: test.shapes
              with:
                words: [a, bc]
                table: { k: { l: 1 } }
            """
        let route = try #require(load(text).configuration).services[0].routes[0]
        func place(_ path: String...) -> String {
            let mark = route.mark(ofSetting: path)
            return "\(mark.line):\(mark.column)+\(mark.length)"
        }
        #expect(place() == "5:5+1")
        #expect(place("words") == "5:12+1")
        #expect(place("words", "1") == "5:16+2")
        #expect(place("words", "7") == "5:12+1")
        #expect(place("table", "k", "l") == "6:22+1")
        #expect(place("absent") == "5:5+1")
        let bare = try #require(load("routes: [{ path: /, handler: add.sum }]").configuration).services[0].routes[0]
        #expect(bare.mark(ofSetting: ["publish"]).column == 30)
    }

    @Test func anchorsSpareRepetition() throws {
        let text = """
            routes:
            - &sum { path: /a, handler: add.sum, with: &with { publish: x } }
            - { <<: *sum, path: /b }
            - { path: /c, handler: add.concat, with: *with }
            """
        let routes = try #require(load(text).configuration).services[0].routes
        #expect(
            routes.map { "\($0.template.text) \($0.handler) \($0.settings.string("publish")!)" } == [
                "/a add.sum x", "/b add.sum x", "/c add.concat x",
            ])
    }

    @Test(arguments: [("a/b.yaml", "a"), ("b.yaml", "."), ("/b.yaml", "/"), ("../x/y.yaml", "../x")])
    func directory(_ file: String, _ expected: String) throws {
        let source = SourceText(file: file, text: "routes: [{ path: /, handler: add.sum }]")
        let configuration = try #require(ConfigurationLoader.load(source, catalog: catalog).configuration)
        #expect(configuration.directory == expected && configuration.file == file)
    }

    @Test func aFileThatIsNotThere() {
        for file in ["/nowhere/routes.yaml", "/"] {
            let result = ConfigurationLoader.load(file: file, environment: [:], catalog: catalog)
            #expect(result.findings == ["fileUnreadable"] && result.configuration == nil)
            #expect(result.report.contains("error: \(file) cannot be read: "))
        }
    }
}
