import Diagnostics
import GatewayConfiguration
import Testing

@Suite struct BusTests {
    private static func server(
        _ host: String, _ port: Int = 4222, tls: Bool = false, _ user: String? = nil, _ password: String? = nil,
        token: String? = nil
    ) -> BusURL {
        .nats(NATSServerAddress(host: host, port: port, usesTLS: tls, user: user, password: password, token: token))
    }

    private func urls(_ text: String) -> [BusURL]? {
        load(withRoute("bus: { url: '\(text)' }")).configuration?.bus.urls
    }

    @Test(
        arguments: [
            ("embedded:", [BusURL.embedded]),
            ("nats:PASSWORD@10.142.0.2:4222", [server("10.142.0.2", 4222, "nats", "PASSWORD")]),
            ("host:4223", [server("host", 4223)]), ("host", [server("host")]), ("nats://h", [server("h")]),
            ("nats://h:1/", [server("h", 1)]),
            ("NATS://h", [server("h")]),
            ("nats://tok@h", [server("h", token: "tok")]), ("tok@h:9", [server("h", 9, token: "tok")]),
            ("nats://u:p%40%2Fs%zz@h", [server("h", 4222, "u", "p@/s%zz")]),
            ("nats://u:p@ss:w@h", [server("h", 4222, "u", "p@ss:w")]),
            ("nats:a://b@h:1", [server("h", 1, "nats", "a://b")]), ("nats://[::1]:4222", [server("::1")]),
            ("nats://h1,nats://h2:2, h3", [server("h1"), server("h2", 2), server("h3")]),
            ("nats:p,q@h:1", [server("h", 1, "nats", "p,q")]), ("nats://u:@h", [server("h", 4222, "u", "")]),
            ("nats://@h", [server("h")]),
        ] as [(String, [BusURL])])
    func shapes(_ text: String, _ expected: [BusURL]) { #expect(urls(text) == expected) }

    @Test(
        arguments: [
            ("bus: { url: 'tls://h' }", [:], true), ("bus: { url: [tls://a, tls://b:1] }", [:], true),
            ("", ["NATS_URL": "TLS://h"], true),
            ("bus: { url: nats://h }", [:], false), ("bus: { url: nats://h, tls: {} }", [:], true),
        ] as [(String, [String: String], Bool)])
    func encryption(_ text: String, _ environment: [String: String], _ isOn: Bool) throws {
        let result = load(withRoute(text), environment)
        #expect(try #require(result.configuration, "\(result.report)").bus.tls == (isOn ? BusTLS() : nil))
    }

    @Test func encryptionIsAllOrNothing() {
        #expect(load(withRoute("bus: { url: [nats://h, tls://u:pass@h] }")).findings == ["1:13 badValue"])
        #expect(load(withRoute(""), ["NATS_URL": "a,tls://h"]).findings == ["badValue"])
    }

    @Test(arguments: [
        "http://h", "nats://", "nats://h:0", "nats://h:99999", "nats://h:x", "nats://h/x", "nats://::1", "nats://h h",
        "embedded://x",
        "h1,,h2", "nats://u:p@", "embedded:,h1",
    ])
    func problems(_ text: String) {
        let result = load(withRoute("bus: { url: '\(text)' }"))
        #expect(result.findings == ["1:13 badValue"], "\(result.report)")
    }

    @Test(
        arguments: [
            ("", [:], "embedded:"), ("", ["NATS_URL": "a"], "nats://a:4222"), ("", ["NATS_URL": ""], "embedded:"),
            ("", ["NATS_URL": "a", "QS_NATS_URL": "nats:p@b"], "nats://b:4222"),
            ("bus: { url: c }", ["NATS_URL": "a", "QS_NATS_URL": "b"], "nats://c:4222"),
            ("bus: { url: \"embedded:\" }", ["NATS_URL": "a"], "embedded:"),
            ("bus: { required: true }", ["NATS_URL": "a"], "nats://a:4222"),
        ] as [(String, [String: String], String)])
    func whoDecides(_ text: String, _ environment: [String: String], _ expected: String) throws {
        let bus = try #require(load(withRoute(text), environment).configuration).bus
        #expect(bus.urls.map(\.description) == [expected])
        #expect((bus.mark != nil) == text.contains("url"))
    }

    @Test func descriptionsHoldNoCredentials() {
        #expect(Self.server("h", 4222, tls: true, "user", "pass").description == "tls://h:4222")
        #expect(Self.server("::1", token: "tok").description == "nats://[::1]:4222")
    }
}

@Suite struct ListenTests {
    private static let two = "listen: [\"127.0.0.1:8080\", \"127.0.0.1:9090\"]"

    @Test(
        arguments: [
            (nil, [:], "127.0.0.1:8080"), (nil, ["PORT": "9"], "127.0.0.1:9"),
            (nil, ["SWITCHYARD_LISTEN": "0.0.0.0"], "0.0.0.0:8080"),
            (nil, ["SWITCHYARD_LISTEN": "0.0.0.0", "PORT": "9"], "0.0.0.0:9"),
            (nil, ["SWITCHYARD_LISTEN": "h:1"], "h:1"),
            ("h:2", ["SWITCHYARD_LISTEN": "x:1", "PORT": "9"], "h:2"), (":3", [:], "0.0.0.0:3"),
            ("[::]:4", [:], "[::]:4"),
            (nil, ["PORT": "", "SWITCHYARD_LISTEN": ""], "127.0.0.1:8080"),
        ] as [(String?, [String: String], String)])
    func overrides(_ listen: String?, _ environment: [String: String], _ first: String) throws {
        let configuration = try #require(load(withRoute(Self.two)).configuration)
        let (result, diagnostics) = configuration.applying(listen: listen, environment: environment)
        #expect(diagnostics == [])
        #expect(result.listeners.map(\.address) == [first, "127.0.0.1:9090"])
    }

    @Test(
        arguments: [
            ("x:y", [:], "--listen must be HOST:PORT"),
            (nil, ["PORT": "http"], "PORT must be a port number, not 'http'"),
            (nil, ["PORT": "70000"], "PORT"),
            (nil, ["SWITCHYARD_LISTEN": "a b"], "SWITCHYARD_LISTEN must be HOST:PORT"),
        ] as [(String?, [String: String], String)])
    func problems(_ listen: String?, _ environment: [String: String], _ fragment: String) throws {
        let configuration = try #require(load(withRoute(Self.two)).configuration)
        let (result, diagnostics) = configuration.applying(listen: listen, environment: environment)
        #expect(diagnostics.map(\.code) == [.badValue] && diagnostics[0].message.contains(fragment))
        #expect(result.listeners == configuration.listeners)
    }
}
