import Messaging
import NIOCore
import NIOEmbedded
import PluginKit
import Testing
import WebSocketWire

@Suite("The fan-out of one loop")
struct LoopHubTests {
    private let bus = CountingBus()
    private let loop = EmbeddedEventLoop()
    private let hub: Hub
    private let loopHub: LoopHub

    init() {
        hub = Hub(bus: bus)
        loopHub = LoopHub(hub: hub, loop: loop)
    }

    @Test("Text, binary, and what the bytes say when nobody says")
    func frames() {
        let client = Client(loopHub, "a")
        for frame in [BusMessage.Frame.text, .binary, .unspecified] { bus.publish("a", "é", frame) }
        _ = bus.publish(BusMessage(subject: "a", payload: [0xC3], frame: .unspecified))
        _ = bus.publish(BusMessage(subject: "a", payload: [], frame: .unspecified))
        loop.run()
        let e = Payload(text: "é")
        #expect(
            client.events == [
                .message(kind: .text, payload: e), .message(kind: .binary, payload: e),
                .message(kind: .text, payload: e),
                .message(kind: .binary, payload: [0xC3]), .message(kind: .text, payload: []),
            ])
    }

    @Test("Every length form", arguments: [0, 1, 125, 126, 127, 65_535, 65_536, (1 << 20) - 64])
    func lengths(count: Int) {
        let client = Client(loopHub, "a")
        let payload = Payload((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        _ = bus.publish(BusMessage(subject: "a", payload: payload, frame: .binary))
        bus.publish("a", "behind", .text)
        loop.run()
        #expect(
            client.events == [
                .message(kind: .binary, payload: payload), .message(kind: .text, payload: Payload(text: "behind")),
            ])
    }

    @Test("What came in a tick is encoded once and written once to each")
    func mergesAndShares() {
        let clients = (0..<3).map { _ in Client(loopHub, "a") }
        for number in 0..<100 { bus.publish("a", "\(number)") }
        #expect(clients.allSatisfy { $0.writes.isEmpty })
        loop.run()
        for client in clients {
            #expect(client.texts == (0..<100).map { "\($0)" })
            #expect(client.writes.count == 1)
        }
        let addresses = clients.map { $0.writes[0].withUnsafeReadableBytes { $0.baseAddress } }
        #expect(Set(addresses).count == 1)
        #expect(loopHub.statistics.deliveries == 300)
    }

    @Test("Bytes handed to a write never change afterwards")
    func sealed() {
        let client = Client(loopHub, "a")
        for tick in 0..<20 {
            for number in 0...tick { bus.publish("a", "\(tick).\(number)") }
            loop.run()
        }
        #expect(client.writes.count == 20)
        #expect(client.texts == (0..<20).flatMap { tick in (0...tick).map { "\(tick).\($0)" } })
    }

    @Test("A member of several subjects hears all of them in the order of publishing")
    func severalSubjects() {
        let both = Client(loopHub, "a", "b")
        let onlyA = Client(loopHub, "a")
        let onlyB = Client(loopHub, "b")
        let order = ["a1", "b1", "b2", "a2", "a3", "b3", "a4"]
        for text in order { bus.publish(String(text.prefix(1)), text) }
        loop.run()
        #expect(both.texts == order)
        #expect(both.writes.count == 1)
        #expect(onlyA.texts == ["a1", "a2", "a3", "a4"])
        #expect(onlyB.texts == ["b1", "b2", "b3"])
        // Down to one subject it shares again.
        both.leave("b")
        bus.publish("a", "a5")
        bus.publish("b", "b4")
        loop.run()
        #expect(both.texts == order + ["a5"])
        #expect(onlyA.texts.last == "a5" && onlyB.texts.last == "b4")
        #expect(loopHub.statistics.deliveries == 7 + 4 + 3 + 1 + 1 + 1)
    }

    @Test("Overlapping patterns deliver once per pattern, as NATS does")
    func overlap() {
        let client = Client(loopHub, "a.b", "a.*", ">")
        bus.publish("a.b", "x")
        bus.publish("a.c", "y")
        loop.run()
        #expect(client.texts == ["x", "x", "x", "y", "y"])
    }

    @Test("Joining twice is one membership, and one leave ends it")
    func joinTwice() {
        let client = Client(loopHub, "a", "a")
        bus.publish("a", "1")
        loop.run()
        #expect(client.texts == ["1"])
        #expect(bus.subscriptions == ["a": 1])
        client.leave("a")
        client.leave("a")
        client.leave("never joined")
        #expect(bus.subscriptions == [:])
        bus.publish("a", "2")
        loop.run()
        #expect(client.texts == ["1"])
    }

    @Test("Who left before the tick gets nothing of it; who stays gets it all")
    func leaveBeforeDrain() {
        let stays = Client(loopHub, "a")
        let leaves = Client(loopHub, "a")
        let gone = Client(loopHub, "a", "b")
        bus.publish("a", "1")
        leaves.leave("a")
        gone.leaveAll()
        loop.run()
        #expect(stays.texts == ["1"])
        #expect(leaves.texts == [] && gone.texts == [])
        #expect(bus.subscriptions == ["a": 1])
    }

    @Test("A subject whose last member left with messages on their way delivers to nobody")
    func lastLeavesBeforeDrain() {
        let client = Client(loopHub, "a")
        bus.publish("a", "1")
        client.leave("a")
        loop.run()
        #expect(client.texts == [])
        client.join("a")
        bus.publish("a", "2")
        loop.run()
        #expect(client.texts == ["2"])
        #expect(bus.history == ["+a", "-a", "+a"])
    }

    @Test("Loops and sockets share one subscription for a pattern, released with the last")
    func oneSubscription() {
        let otherLoop = EmbeddedEventLoop()
        let otherHub = LoopHub(hub: hub, loop: otherLoop)
        let here = (0..<5).map { _ in Client(loopHub, "a", "b.*") }
        let there = (0..<5).map { _ in Client(otherHub, "a") }
        #expect(bus.subscriptions == ["a": 1, "b.*": 1])
        #expect(hub.subscriptionCount == 2)
        bus.publish("a", "1")
        loop.run()
        #expect(here.allSatisfy { $0.texts == ["1"] } && there.allSatisfy { $0.texts.isEmpty })
        otherLoop.run()
        #expect(there.allSatisfy { $0.texts == ["1"] })
        for client in here { client.leaveAll() }
        #expect(bus.subscriptions == ["a": 1])
        bus.publish("a", "2")
        loop.run()
        otherLoop.run()
        #expect(here.allSatisfy { $0.texts == ["1"] } && there.allSatisfy { $0.texts == ["1", "2"] })
        for client in there { client.leave("a") }
        #expect(bus.subscriptions == [:])
        #expect(hub.subscriptionCount == 0)
        #expect(bus.history == ["+a", "+b.*", "-b.*", "-a"])
    }

    @Test("Subjects are bytes: one subscription each for what only looks alike")
    func canonicalEquivalence() {
        let composed = Client(loopHub, "\u{E9}")
        let decomposed = Client(loopHub, "e\u{301}")
        #expect(bus.history.map { Array($0.utf8) } == ["+\u{E9}", "+e\u{301}"].map { Array($0.utf8) })
        bus.publish("\u{E9}", "composed")
        bus.publish("e\u{301}", "decomposed")
        loop.run()
        #expect(composed.texts == ["composed"])
        #expect(decomposed.texts == ["decomposed"])
    }
}
