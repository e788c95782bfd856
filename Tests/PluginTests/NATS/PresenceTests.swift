import Logging
import Messaging
import NATSPlugin
import PluginKit
import Synchronization
import Testing

@Suite("Presence on a bus")
struct PresenceTests {
    private let bus = EmbeddedBus()

    private func directory(prefix: String = "presence") -> PresenceDirectory {
        PresenceDirectory(prefix: prefix, bus: bus, logger: Logger(label: "test"), beat: .seconds(600))
    }

    /// A gateway's handlers, which share one directory.
    private struct Gateway {
        let bridge: any SocketHandler
        let events: any HTTPHandler
        let presence: any HTTPHandler

        init(_ bus: any Bus, _ setting: SettingValue, prefix: String? = nil) throws {
            let shared = SharedObjects()
            bridge = try Bridge.make(
                "room.{topic}", ["presence": setting], parameters: ["topic", "nick"], bus: bus, shared: shared)
            let subject: [String: SettingValue] = ["subject": .string("room.{topic}")]
            events = try Handlers.http(
                "nats.sse", of: NATSPlugin.self, subject.merging(["presence": setting]) { one, _ in one }, bus: bus,
                parameters: ["topic", "nick"], shared: shared)
            presence = try Handlers.http(
                "nats.presence", of: NATSPlugin.self,
                subject.merging(prefix.map { ["prefix": .string($0)] } ?? [:]) { one, _ in one }, bus: bus,
                parameters: ["topic"], shared: shared)
        }

        func start() async throws {
            try await bridge.start()
            try await events.start()
            try await presence.start()
        }

        func stop() async {
            await bridge.stop()
            await events.stop()
            await presence.stop()
        }

        func who(_ topic: String = "x", _ identity: Identity? = nil) throws -> String {
            try presence.answer(Request([("topic", topic)], identity)).text
        }
    }

    @Test("Processes on one bus know of each other's, from the start on")
    func several() {
        let (one, two, late) = (directory(), directory(), directory())
        one.start()
        two.start()
        let (ada, some) = (PresenceKey(channel: "c", name: "ada"), PresenceKey(channel: "c"))
        one.enter(ada)
        two.enter(ada)
        two.enter(some)
        late.start()
        for directory in [one, two, late] {
            #expect(directory.channel("c").named == ["ada": 2] && directory.channel("c").anonymous == 1)
        }
        two.stop()
        for directory in [one, late] {
            #expect(directory.channel("c").named == ["ada": 1] && directory.channel("c").anonymous == 0)
        }
        one.leave(ada)
        #expect(one.isEmpty && late.isEmpty)
        one.stop()
        late.stop()
        #expect(bus.isIdle)
    }

    @Test("Another prefix is another world")
    func prefixes() {
        let (one, other) = (directory(), directory(prefix: "elsewhere"))
        one.start()
        other.start()
        one.enter(PresenceKey(channel: "c"))
        #expect(one.channel("c").count == 1 && other.isEmpty)
    }

    @Test("Who comes and goes is announced once, whichever process it is at")
    func announcements() {
        let heard = Mutex<[String]>([])
        let subscription = bus.subscribe("presence.>") { message in
            heard.withLock { $0.append("\(message.subject) \(message.payload.text)") }
        }
        let (one, two) = (directory(), directory())
        one.start()
        two.start()
        let ada = PresenceKey(channel: "room.x", name: #"a"da"#)
        two.enter(ada)
        one.enter(ada)
        two.enter(PresenceKey(channel: "room.x"))
        two.leave(ada)
        one.leave(ada)
        subscription.cancel()
        #expect(
            heard.withLock { $0 } == [
                #"presence.room.x {"type":"join","channel":"room.x","name":"a\"da","count":1}"#,
                #"presence.room.x {"type":"join","channel":"room.x","count":2}"#,
                #"presence.room.x {"type":"leave","channel":"room.x","name":"a\"da","count":1}"#,
            ])
    }

    @Test("Many threads at once leave nothing behind")
    func threads() async {
        let (one, two) = (directory(), directory())
        one.start()
        two.start()
        await withTaskGroup { group in
            for number in 0..<8 {
                group.addTask {
                    let key = PresenceKey(channel: "c\(number % 3)", name: number % 2 == 0 ? "ada" : nil)
                    for _ in 0..<200 {
                        one.enter(key)
                        two.enter(key)
                        one.leave(key)
                        two.leave(key)
                    }
                }
            }
        }
        #expect(one.isEmpty && two.isEmpty)
        one.stop()
        two.stop()
        #expect(bus.isIdle)
    }

    @Test("Nonsense on the subject of the processes is passed over")
    func nonsense() {
        let one = directory()
        one.start()
        for text in ["", "hello", "change z-10 1 c 1 %", "part z-10 5 0 last\nx"] {
            _ = bus.publish(BusMessage(subject: "$SWITCHYARD.presence", payload: Payload(text: text)))
        }
        #expect(one.channel("c").count == 1)
    }

    @Test("A process that falls silent is given up")
    func silence() async {
        let one = PresenceDirectory(
            prefix: "presence", bus: bus, logger: Logger(label: "test"), beat: .milliseconds(1))
        one.start()
        _ = bus.publish(BusMessage(subject: "$SWITCHYARD.presence", payload: Payload(text: "change z-10 1 c 1 ada")))
        #expect(!one.isEmpty)
        while !one.isEmpty { await Task.yield() }
        one.stop()
    }

    // MARK: Handlers

    @Test("Sockets and event streams are on their channel while they are open")
    func handlers() async throws {
        let gateway = try Gateway(bus, .map(["name": .string("{nick}")]))
        try await gateway.start()
        var (first, one) = try gateway.bridge.open([("topic", "x"), ("nick", "bob")])
        var (second, two) = try gateway.bridge.open([("topic", "x"), ("nick", "bob")])
        let response = try gateway.events.answer(Request([("topic", "x"), ("nick", "ada")]))
        guard case .events(let events) = response.body else { throw Unexpected("no events") }
        // The answer alone, to HEAD for one, is nobody.
        #expect(try gateway.who().contains(#""count":1,"connections":2"#))
        events.onBegin?()
        #expect(
            try gateway.who()
                == #"{"channel":"room.x","count":2,"connections":3,"clients":[{"name":"ada","connections":1},"#
                + #"{"name":"bob","connections":2}]}"# + "\n")
        one.closed(code: 1000)
        #expect(try gateway.who().contains(#""count":2,"connections":2"#))
        two.closed(code: 1006)
        events.onEnd?()
        #expect(try gateway.who() == #"{"channel":"room.x","count":0,"connections":0,"clients":[]}"# + "\n")
        _ = (first, second)
        await gateway.stop()
        #expect(bus.isIdle)
    }

    @Test("A refused handshake is nobody")
    func refused() async throws {
        let gateway = try Gateway(bus, .boolean(true))
        try await gateway.start()
        _ = gateway.bridge.admit(Request([("topic", "x"), ("nick", "")]))
        #expect(try gateway.bridge.rejection([("topic", "a b"), ("nick", "")]).status == 400)
        #expect(try gateway.who().contains(#""count":0"#))
        await gateway.stop()
    }

    @Test(
        "Names come from claims or parameters; without one a client is only counted",
        arguments: [
            ("{claim.sub}", Identity(subject: "ada"), ["ada"]), ("{claim.sub}", nil, []),
            (
                "{claim.name} <{claim.sub}>", Identity(subject: "ada", claims: ["name": "Ada\n"]),
                ["Ada\\n \\u003cada\\u003e"]
            ),
            ("{claim.name}", Identity(subject: "ada"), []), ("{nick}", nil, []), ("somebody", nil, ["somebody"]),
        ] as [(String, Identity?, [String])])
    func names(template: String, identity: Identity?, names: [String]) async throws {
        let gateway = try Gateway(bus, .map(["name": .string(template)]))
        try await gateway.start()
        let (socket, _) = try gateway.bridge.open([("topic", "x"), ("nick", "")], identity)
        let clients = names.map { #"{"name":"\#($0)","connections":1}"# }.joined(separator: ",")
        #expect(
            try gateway.who()
                == #"{"channel":"room.x","count":1,"connections":1,"clients":[\#(clients)]}"# + "\n")
        _ = socket
        await gateway.stop()
    }

    @Test("A name has its bound")
    func longNames() throws {
        let gateway = try Gateway(bus, .map(["name": .string("{nick}")]))
        let long = String(repeating: "é", count: 129)
        #expect(try gateway.bridge.rejection([("topic", "x"), ("nick", long)]).status == 400)
        #expect(try gateway.events.answer(Request([("topic", "x"), ("nick", long)])).status == 400)
    }

    @Test("Who may not hear a channel does not learn who is there")
    func permissions() throws {
        let gateway = try Gateway(bus, .boolean(true), prefix: "other")
        let stranger = Identity(subject: "x", permissions: Permissions(subscribe: ["room.y"]))
        #expect(try gateway.presence.answer(Request([("topic", "x")], stranger)).status == 403)
        #expect(try gateway.presence.answer(Request([("topic", "y")], stranger)).status == 200)
        #expect(try gateway.presence.answer(Request([("topic", "x")], nil, .delete)).status == 405)
        #expect(try gateway.presence.answer(Request([("topic", "a b")])).status == 400)
    }

    @Test("Names can be left out, or bounded")
    func limits() async throws {
        let shared = SharedObjects()
        func presence(_ settings: [String: SettingValue]) throws -> any HTTPHandler {
            try Handlers.http(
                "nats.presence", of: NATSPlugin.self, settings.merging(["subject": .string("t")]) { one, _ in one },
                bus: bus, shared: shared)
        }
        let bridge = try Bridge.make("t", ["presence": .map(["name": .string("{topic}")])], bus: bus, shared: shared)
        try await bridge.start()
        let opened = try ["b", "a", "c"].map { try bridge.open([("topic", $0)]) }
        #expect(
            try presence(["clients": .boolean(false)]).answer(Request()).text
                == #"{"channel":"t","count":3,"connections":3}"# + "\n")
        #expect(
            try presence(["limit": .integer(2)]).answer(Request()).text.hasSuffix(
                #""clients":[{"name":"a","connections":1},{"name":"b","connections":1}]}"# + "\n"))
        _ = opened
        await bridge.stop()
    }
}
