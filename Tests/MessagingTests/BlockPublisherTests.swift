import Messaging
import NIOCore
import NIOEmbedded
import PluginKit
import Testing

@Suite("Publishers that wait for clients")
struct BlockPublisherTests {
    private let bus = EmbeddedBus()
    private let loop = EmbeddedEventLoop()
    private let loopHub: LoopHub

    init() {
        loopHub = LoopHub(hub: Hub(bus: bus), loop: loop)
    }

    /// A frame of it has 10 bytes.
    private static let text = "01234567"

    private func client(_ id: UInt64, limit: Int = 100, _ subjects: String...) -> Client {
        let client = Client(loopHub, limit: limit, id: id)
        for subject in subjects { client.join(.of(subject, .raw, .blockPublisher)) }
        return client
    }

    /// Publishes, and what the publisher is to wait for.
    private func publish(_ subject: String, by origin: UInt64 = 0) -> Congestion? {
        let message = BusMessage(subject: subject, payload: Payload(text: Self.text), origin: origin)
        defer { loop.run() }
        if case .congested(let congestion) = bus.publish(message) { return congestion }
        return nil
    }

    private func publish(_ subject: String, times: Int) {
        for _ in 0..<times { _ = publish(subject) }
    }

    @Test("Past the limit publishers wait, until half of it is left")
    func waits() throws {
        let client = client(1, "a")
        client.isStuck = true
        // The first is under way; ten wait, which is the limit.
        publish("a", times: 11)
        #expect(publish("a") == nil)
        let congestion = try #require(publish("a"))
        #expect(publish("a", by: 7) == congestion)
        let relieved = Collected<Int>()
        congestion.whenRelieved { relieved.append(1) }
        #expect(client.ends.isEmpty && loopHub.statistics.publishersBlocked == 1)
        #expect(relieved.count == 0)
        client.take(staysStuck: true)
        loop.run()
        #expect(relieved.count == 1)
        #expect(publish("a") == nil)
        client.take()
        #expect(client.texts.count == 15)
        #expect(loopHub.statistics.publishersBlocked == 1 && loopHub.statistics.slowConsumersClosed == 0)
    }

    @Test("Not while more than half of it waits")
    func half() throws {
        let client = client(1, limit: 200_000, "a")
        client.isStuck = true
        let big = BusMessage(subject: "a", payload: Payload(repeating: 0, count: 49_000))
        var congestion: Congestion?
        for _ in 0..<8 {
            if case .congested(let found) = bus.publish(big) { congestion = found }
            loop.run()
        }
        let waiting = try #require(congestion)
        // Seven wait; two or fewer are half of the limit.
        var takes = 0
        while !waiting.isRelieved {
            client.take(staysStuck: true)
            loop.run()
            takes += 1
        }
        #expect(takes == 5)
    }

    @Test("Nobody waits for himself, nor for others who wait only for him")
    func notForHimself() throws {
        let (first, second) = (client(1, "a"), client(2, "a"))
        first.isStuck = true
        publish("a", times: 13)
        #expect(publish("a", by: 1) == nil)
        #expect(publish("a", by: 2) != nil)
        second.isStuck = true
        publish("a", times: 13)
        let congestion = try #require(publish("a", by: 1))
        // The second is relieved. Of the first, who is not, the first need not wait for any more.
        second.take()
        loop.run()
        #expect(congestion.isRelieved)
        #expect(publish("a", by: 1) == nil)
        #expect(publish("a", by: 2) != nil)
    }

    @Test("Only those who publish what it hears, on its own feeds")
    func otherSubjects() {
        let client = client(1, "a.*", "b")
        let other = self.client(2, "c")
        client.isStuck = true
        publish("a.x", times: 13)
        #expect(publish("a.y") != nil && publish("b") != nil)
        #expect(publish("c") == nil && other.texts.count == 1)
        // A publisher that pays no heed is not refused: what it publishes is delivered to the others.
        let neighbour = Client(loopHub, "a.x")
        #expect(publish("a.x") != nil)
        #expect(neighbour.texts.count == 1)
    }

    @Test("A client that leaves, or is given up, is waited for no longer", arguments: ["leave", "leave all", "give up", "close"])
    func leaves(how: String) throws {
        let client = client(1, "a", "b")
        client.isStuck = true
        publish("a", times: 13)
        let waiting = try ["a", "b"].map { try #require(publish($0)) }
        switch how {
        case "leave":
            client.leave("a")
            client.leave("b")
        case "leave all": client.leaveAll()
        case "give up": loopHub.giveUp(client.member)
        default: client.close()
        }
        loop.run()
        #expect(waiting.allSatisfy { $0.isRelieved })
        #expect(publish("a") == nil)
        #expect(bus.isIdle)
    }

    @Test("Who waited and goes on in the middle of a leave does no harm: it joins, leaves and publishes")
    func reentrance() throws {
        let client = client(1, "a")
        let waiter = Client(loopHub, id: 2)
        waiter.join("c")
        client.isStuck = true
        publish("a", times: 13)
        let congestion = try #require(publish("a", by: 2))
        // All of this runs on the loop, as a socket's hooks do.
        let box = UncheckedBox((waiter, bus))
        congestion.whenRelieved {
            let (waiter, bus) = box.value
            waiter.join("a")
            waiter.leave("c")
            _ = bus.publish(BusMessage("a", "on"))
        }
        client.leaveAll()
        loop.run()
        #expect(waiter.texts == ["on"])
        waiter.leaveAll()
        #expect(bus.isIdle)
    }

    @Test("Four times the limit is the end, whatever publishers do")
    func hardCap() {
        let client = client(1, "a")
        client.isStuck = true
        publish("a", times: 1 + 40)
        #expect(client.ends.isEmpty && loopHub.retainedBytes == 400)
        publish("a", times: 1)
        #expect(client.ends == [.tooSlow(waiting: 420)])
        #expect(loopHub.statistics.slowConsumersClosed == 1 && loopHub.retainedBytes == 0)
        #expect(publish("a") == nil && bus.isIdle)
    }

    @Test("A limit that cannot be multiplied")
    func hugeLimit() {
        let client = client(1, limit: .max, "a")
        client.join(.of("b", .raw, .blockPublisher, maxLag: .zero))
        client.isStuck = true
        publish("a", times: 3)
        #expect(client.ends.isEmpty)
    }

    @Test("On any other bus it is as `close`")
    func otherBus() {
        let bus = CountingBus()
        let loopHub = LoopHub(hub: Hub(bus: bus), loop: loop)
        let client = Client(loopHub, limit: 10, id: 1)
        client.join(.of("a", .raw, .blockPublisher))
        client.isStuck = true
        for _ in 0..<3 {
            bus.publish("a", Self.text)
            loop.run()
        }
        #expect(client.ends == [.tooSlow(waiting: 30)])
        #expect(loopHub.statistics.publishersBlocked == 0)
    }
}

/// For tests in which everything runs on one thread.
struct UncheckedBox<Value>: @unchecked Sendable {  // proof: tests use it on the thread that made it
    var value: Value

    init(_ value: Value) { self.value = value }
}
