import Messaging
import NIOCore
import NIOEmbedded
import PluginKit
import Testing

@Suite("Clients that do not hear themselves")
struct EchoTests {
    private let bus = CountingBus()
    private let loop = EmbeddedEventLoop()
    private let loopHub: LoopHub

    init() {
        loopHub = LoopHub(hub: Hub(bus: bus), loop: loop)
    }

    private func client(_ id: UInt64, skipsOwn: Bool = true, _ subjects: String...) -> Client {
        let client = Client(loopHub, id: id)
        for subject in subjects { client.join(.of(subject, skipsOwn: skipsOwn)) }
        return client
    }

    private func publish(_ subject: String, _ text: String, by origin: UInt64) {
        _ = bus.publish(BusMessage(subject: subject, payload: Payload(text: text), origin: origin))
    }

    @Test("Each misses its own messages alone; who may hear itself hears all")
    func skips() {
        let clients = [client(1, "a"), client(2, "a"), client(3, skipsOwn: false, "a"), client(0, "a")]
        for (number, origin) in [1, 1, 2, 0, 3, 1, 2].enumerated() { publish("a", "\(number)", by: UInt64(origin)) }
        loop.run()
        #expect(clients[0].texts == ["2", "3", "4", "6"])
        #expect(clients[1].texts == ["0", "1", "3", "4", "5"])
        for client in clients[2...] { #expect(client.texts == (0..<7).map { "\($0)" }) }
        #expect(loopHub.statistics.deliveries == 4 + 5 + 7 + 7)
        #expect(clients.allSatisfy { $0.writes.count == 1 })
    }

    @Test("Those who have published nothing in a tick share its bytes, the others get no write of nothing")
    func shares() {
        let own = client(1, "a")
        let others = [client(2, "a"), client(3, "a")]
        publish("a", "1", by: 1)
        loop.run()
        #expect(own.writes.isEmpty)
        #expect(Set(others.map { $0.writes[0].withUnsafeReadableBytes { $0.baseAddress } }).count == 1)
    }

    @Test("One on several feeds misses its own on all of them")
    func severalFeeds() {
        let client = client(1, "a", "b")
        for (subject, origin) in [("a", 1), ("b", 2), ("b", 1), ("a", 2), ("c", 2)] as [(String, UInt64)] {
            publish(subject, "\(subject)\(origin)", by: origin)
        }
        loop.run()
        #expect(client.texts == ["b2", "a2"])
    }

    /// Its own stand anywhere in what waits: at the ends, alone, and in runs, in one chunk and in several.
    @Test(
        "One with a cursor misses its own",
        arguments: [
            [[1, 2], [1, 1, 2, 1], [1], [2, 2]], [[2]], [[1]], [[1, 1], [1]], [[2, 1], [1, 2], [2, 1, 1, 1, 2]],
        ] as [[[UInt64]]], [false, true])
    func cursor(ticks: [[UInt64]], isOnSeveral: Bool) {
        let client = client(1, "a")
        if isOnSeveral { client.join("b") }
        let other = self.client(2, "a")
        client.isStuck = true
        publish("a", "first", by: 2)
        loop.run()
        var expected = ["first"]
        for (tick, origins) in ticks.enumerated() {
            for (number, origin) in origins.enumerated() {
                publish("a", "\(tick).\(number)", by: origin)
                if origin != 1 { expected.append("\(tick).\(number)") }
            }
            loop.run()
        }
        #expect(client.texts == ["first"])
        client.take()
        #expect(client.texts == expected)
        #expect(client.writes.count == min(2, expected.count))
        #expect(loopHub.retainedBytes == 0)
        publish("a", "last", by: 2)
        loop.run()
        #expect(client.texts == expected + ["last"])
        #expect(other.texts.count == ticks.joined().count { $0 == 1 })
    }

    @Test("Many small messages of one's own in one chunk")
    func manySmall() {
        let client = client(1, "a")
        let other = self.client(2, skipsOwn: false, "a")
        for number in 0..<40_000 { publish("a", "", by: number % 2 == 0 ? 1 : 3) }
        loop.run()
        #expect(client.events.count == 20_000)
        #expect(other.events.count == 40_000)
    }

    @Test("A client that joins in the middle of a tick, between messages already encoded, gets what is its own right")
    func joinsInATick() {
        let newcomer = Client(loopHub, id: 7)
        let present = client(2, skipsOwn: false, "a")
        let actor = Client(loopHub, "b")
        actor.duringWrite = { newcomer.join(.of("a", skipsOwn: true)) }
        publish("a", "before", by: 3)
        // Fills a chunk, so that it is written at once and the newcomer joins here.
        publish("b", String(repeating: "x", count: 70_000), by: 0)
        publish("a", "own", by: 7)
        publish("a", "other", by: 3)
        loop.run()
        publish("a", "own again", by: 7)
        publish("a", "end", by: 3)
        loop.run()
        #expect(present.texts == ["before", "own", "other", "own again", "end"])
        #expect(newcomer.texts == ["end"])
    }
}
