import Diagnostics
import Foundation
import GatewayConfiguration
import Testing

/// `bus.tls` and the keys that say who the gateway is at the bus.
@Suite struct BusLoginTests {
    private static let seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"

    /// A folder with a configuration file and others beside it.
    private static func inFolder<Result>(_ names: [String], _ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in names { try "x".write(to: folder.appending(path: name), atomically: true, encoding: .utf8) }
        return try body(folder.path)
    }

    private static func read(_ text: String, in folder: String, _ environment: [String: String] = [:]) -> LoadResult {
        ConfigurationLoader.load(
            SourceText(file: "\(folder)/routes.yaml", text: withRoute(text)), environment: environment, catalog: catalog
        )
    }

    @Test func filesAreRelativeToTheConfiguration() throws {
        try Self.inFolder(["ca.pem", "own.pem", "own.key", "app.creds"]) { folder in
            let text = """
                bus:
                  url: tls://nats.example
                  tls: { ca: ca.pem, certificate: own.pem, key: "\(folder)/own.key", first: true, hostname: N.Example }
                  credentials: app.creds
                """
            let result = Self.read(text, in: folder)
            let bus = try #require(result.configuration, "\(result.report)").bus
            var tls = BusTLS()
            (tls.authority, tls.certificate, tls.key) = ("\(folder)/ca.pem", "\(folder)/own.pem", "\(folder)/own.key")
            (tls.isFirst, tls.hostname) = (true, "n.example")
            #expect(bus.tls == tls)
            #expect(bus.login == .credentials("\(folder)/app.creds"))
            #expect(result.findings == [])
        }
    }

    @Test(arguments: [
        ("user: u, password: p w", BusLogin.user("u", password: "p w")), ("user: u", .user("u", password: "")),
        ("token: t-1", .token("t-1")), ("token: 123", .token("123")), ("nkey: \(seed)", .nkey(seed: seed)),
        ("nkey: \"${SEED}\"", .nkey(seed: seed)), ("password: \"${PASS}\", user: u", .user("u", password: "from env")),
    ])
    func logins(_ keys: String, _ expected: BusLogin) throws {
        let environment = ["SEED": Self.seed, "PASS": "from env"]
        let result = load(withRoute("bus: { url: h, \(keys) }"), environment)
        #expect(try #require(result.configuration, "\(result.report)").bus.login == expected)
    }

    @Test(arguments: [
        ("bus: { url: h, nkey: here.txt }", "1:22 fileUnreadable"),
        ("bus: { url: h, credentials: no.creds }", "1:29 fileUnreadable"),
        ("bus: { url: h, tls: { ca: no.pem } }", "1:27 fileUnreadable"),
        ("bus: { url: h, tls: { key: /dev/null } }", "1:21 missingKey"),
        ("bus: { url: h, tls: { hostname: 10.0.0.1 } }", "1:33 badValue"),
        ("bus: { url: h, tls: { hostname: 'h:4222' } }", "1:33 badValue"),
        ("bus: { url: h, tls: true }", "1:21 structure"),
        ("bus: { url: h, tls: { verify: false } }", "1:23 unknownKey"),
        ("bus: { url: h, tls: { first: maybe } }", "1:30 badValue"),
        ("bus: { url: h, user: u, token: t }", "1:25 badValue"), ("bus: { url: 'u:pw@h', token: t }", "1:23 badValue"),
        ("bus: { url: h, password: pw }", "1:16 missingKey"), ("bus: { url: h, token: '' }", "1:23 badValue"),
        ("bus: { url: h, nkey: \(seed)A }", "1:22 badValue"),
        ("bus: { url: h, nkey: \(seed.dropFirst(4)) }", "1:22 badValue"),
        ("bus: { url: 'embedded:', token: t }", "(1:26 badValue)"), ("bus: { tls: {} }", "(1:8 badValue)"),
    ])
    func problems(_ text: String, _ expected: String) {
        let result = load(withRoute(text))
        #expect(result.findings == [expected], "\(result.report)")
    }

    @Test(arguments: [
        "token: secret-1", "token: [secret-1]", "user: u, password: \"secret-1\"", "password: secret-1",
        "nkey: \(seed.replacing("SUAC", with: "SUBC"))QQ", "user: u, token: \"${TOKEN}\"", "nkey: s\(seed)",
    ])
    func secretsAreMasked(_ keys: String) throws {
        // A second problem in the same line, so that it is quoted.
        let result = load(withRoute("bus: { url: h, \(keys), tls: 7 }"), ["TOKEN": "secret-1"])
        #expect(result.diagnostics.contains { $0.severity == .error })
        for secret in ["secret-1", "SSL3UAHUDXKFS"] { #expect(!result.report.contains(secret), "\(result.report)") }
    }
}
