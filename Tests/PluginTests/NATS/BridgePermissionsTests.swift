import NATSPlugin
import PluginKit
import Testing

@Suite("Who may do what on nats.bridge")
struct BridgePermissionsTests {
    private static func identity(publish: [String]? = nil, subscribe: [String]? = nil) -> Identity {
        Identity(subject: "ada", permissions: Permissions(publish: publish, subscribe: subscribe))
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var publish: [String]?
        var subscribe: [String]?
        var hears: Bool
        var says: Bool
        var direction = "both"

        var testDescription: String { "\(publish ?? ["all"]) \(subscribe ?? ["all"]) \(direction)" }
    }

    static let rows = [
        Row(publish: nil, subscribe: nil, hears: true, says: true),
        Row(publish: ["t.*"], subscribe: ["t.x"], hears: true, says: true),
        Row(publish: [], subscribe: nil, hears: true, says: false),
        Row(publish: nil, subscribe: ["other"], hears: false, says: true),
        Row(publish: ["other"], subscribe: ["t.y"], hears: false, says: false),
        Row(publish: nil, subscribe: [], hears: false, says: false, direction: "subscribe"),
        Row(publish: [], subscribe: nil, hears: true, says: false, direction: "subscribe"),
        Row(publish: [], subscribe: nil, hears: false, says: false, direction: "publish"),
        Row(publish: nil, subscribe: [], hears: false, says: true, direction: "publish"),
    ]

    @Test("Each side is its own; a channel of which nothing is left is 403", arguments: rows)
    func sides(row: Row) throws {
        let bus = ScriptedBus()
        let handler = try Bridge.make("t.{topic}", ["direction": .string(row.direction)], bus: bus)
        let identity = Self.identity(publish: row.publish, subscribe: row.subscribe)
        guard row.hears || row.says else {
            let response = try handler.rejection([("topic", "x")], identity)
            #expect(response.status == 403)
            #expect(try response.text.contains("you may not use this subject"))
            return
        }
        var (socket, session) = try handler.open([("topic", "x")], identity)
        #expect(socket.calls == (row.hears ? [.join("t.x")] : []))
        session.received(.text("hello"))
        #expect(bus.published.map(\.subject) == (row.says ? ["t.x"] : []))
        #expect(socket.calls.contains(.close(1008, "you may not send here")) == !row.says)
    }

    @Test("A pattern must be allowed as a whole")
    func wildcards() throws {
        let handler = try Bridge.make(
            "t.{topic}", ["wildcards": .boolean(true), "direction": .string("subscribe")])
        #expect(try handler.rejection([("topic", ">")], Self.identity(subscribe: ["t.*"])).status == 403)
        #expect(try handler.open([("topic", "*")], Self.identity(subscribe: ["t.*"])).0.calls == [.join("t.*")])
    }

    // MARK: Claims

    @Test(
        "A claim is one token of the subject",
        arguments: [
            ("user.{claim.sub}", "user.ada"), ("{claim.org.id}.{topic}", "acme.a.b"), ("u{claim.sub}s", "uadas"),
            ("x.{claim.sub}.{claim.sub}", "x.ada.ada"),
        ])
    func claims(subject: String, expected: String) throws {
        let identity = Identity(subject: "ada", claims: ["sub": "ada", "org.id": "acme"])
        let handler = try Bridge.make(subject)
        #expect(try handler.open([("topic", "a.b")], identity).0.calls == [.join(expected)])
    }

    @Test("The name that a guard gave stands for a missing `sub`")
    func subject() throws {
        let handler = try Bridge.make("user.{claim.sub}")
        #expect(try handler.open([("topic", "a")], Identity(subject: "bob")).0.calls == [.join("user.bob")])
    }

    @Test(
        "A claim that is no token is 403",
        arguments: ["", ".", "a.b", "*", ">", "a b", "a\r\n", "a.", "\u{0}", String(repeating: "x", count: 1025)])
    func unfit(value: String) throws {
        let handler = try Bridge.make("user.{claim.id}", ["wildcards": .boolean(true)])
        let response = try handler.rejection([("topic", "a")], Identity(subject: "x", claims: ["id": value]))
        #expect(response.status == 403)
    }

    @Test("Nobody is 401, somebody without the claim 403")
    func missing() throws {
        let handler = try Bridge.make("user.{claim.id}")
        let nobody = try handler.rejection([("topic", "a")])
        #expect(nobody.status == 401)
        #expect(nobody.headers["WWW-Authenticate"] == "Bearer")
        #expect(try handler.rejection([("topic", "a")], Identity(subject: "x")).status == 403)
    }

    @Test("Claims stand in the subjects of requests as well", arguments: ["nats.publish", "nats.request"])
    func otherHandlers(name: String) async throws {
        let bus = ScriptedBus()
        let handler = try Handlers.http(
            name, of: NATSPlugin.self, ["subject": .string("in.{claim.sub}")], bus: bus)
        #expect(try await handler.outcome(Request([], nil, .post)).status == 401)
        _ = try await handler.outcome(Request([], Identity(subject: "ada"), .post))
        #expect(bus.published.map(\.subject) == (name == "nats.publish" ? ["in.ada"] : []))
    }

    @Test(
        "A template with a claim is checked",
        arguments: [("{claim.}", "'{claim.}' names no claim"), ("a.{claim.x", "'{' without '}'")])
    func templates(subject: String, message: String) throws {
        let error = try #require(throws: SettingError.self) { _ = try Bridge.make(subject) }
        #expect(error.path == ["subject"] && error.message == message)
    }
}
