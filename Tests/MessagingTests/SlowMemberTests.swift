import Messaging
import NIOCore
import NIOEmbedded
import PluginKit
import Testing

@Suite("Members that fall behind or leave while a tick is being written")
struct SlowMemberTests {
    private let bus = CountingBus()
    private let loop = EmbeddedEventLoop()
    private let loopHub: LoopHub

    init() {
        loopHub = LoopHub(hub: Hub(bus: bus), loop: loop)
    }

    private func publish(_ subject: String, _ texts: String...) {
        for text in texts { bus.publish(subject, text) }
        loop.run()
    }

    @Test("One that is past its limit is given up once; its neighbours lose nothing", arguments: 0..<5)
    func fallsBehind(position: Int) {
        let clients = (0..<5).map { Client(loopHub, limit: $0 == position ? 100 : 1000, "a") }
        for client in clients { client.isStuck = true }
        let payload = String(repeating: "x", count: 48)
        publish("a", "first")
        // Two frames of 50 bytes are exactly the limit, which is not past it.
        publish("a", payload)
        publish("a", payload)
        #expect(clients.allSatisfy { $0.ends.isEmpty })
        publish("a", "z")
        publish("a", "y")
        for (index, client) in clients.enumerated() {
            #expect(client.ends == (index == position ? [.tooSlow(waiting: 103 + 7)] : []))
            // One write is under way; the rest waits in the log, whose bytes all share.
            #expect(client.texts == ["first"])
            client.take()
            #expect(client.texts == ["first"] + (index == position ? [] : [payload, payload, "z", "y"]))
            #expect(client.writes.count == (index == position ? 1 : 2))
        }
        #expect(loopHub.statistics.slowConsumersClosed == 1)
        #expect(loopHub.retainedBytes == 0)
        #expect(bus.subscriptions == ["a": 1])
    }

    @Test("One that was given up gets nothing more", arguments: [["a"], ["a", "b"]])
    func lingers(subjects: [String]) {
        let client = Client(loopHub, limit: 1)
        for subject in subjects { client.join(subject) }
        client.isStuck = true
        publish("a", "1")
        publish("a", "2")
        publish("a", "3")
        client.join("c")
        client.take()
        publish("c", "4")
        #expect(client.texts == ["1"])
        #expect(client.ends.count == 1)
        #expect(loopHub.statistics.deliveries == 1)
        #expect(bus.subscriptions == [:])
    }

    @Test("The limit holds for a member of several subjects")
    func severalSubjects() {
        let slow = Client(loopHub, limit: 10, "a", "b")
        let fine = Client(loopHub, limit: 10, "a", "b")
        slow.isStuck = true
        publish("a", "1234567")
        publish("b", "12345678")
        #expect(slow.ends.isEmpty)
        publish("a", "9")
        #expect(slow.ends.count == 1 && fine.ends.isEmpty)
        #expect(slow.texts == ["1234567"])
        #expect(fine.texts == ["1234567", "12345678", "9"])
        #expect(loopHub.retainedBytes == 0)
    }

    @Test("All fall behind at once: the subscription goes with the last")
    func allFallBehind() {
        let clients = (0..<4).map { _ in Client(loopHub, limit: 1, "a") }
        for client in clients { client.isStuck = true }
        publish("a", "x")
        publish("a", "y")
        #expect(clients.allSatisfy { $0.ends.count == 1 })
        #expect(loopHub.statistics.slowConsumersClosed == 4)
        #expect(loopHub.retainedBytes == 0)
        #expect(bus.subscriptions == [:])
    }

    /// As when a write fails and closes the socket.
    @Test("A member that leaves in its own write", arguments: 0..<4)
    func leavesInItsWrite(position: Int) {
        let clients = (0..<4).map { _ in Client(loopHub, "a") }
        clients[position].duringWrite = { [unowned client = clients[position]] in client.leaveAll() }
        publish("a", "1", "2")
        publish("a", "3")
        for (index, client) in clients.enumerated() {
            #expect(client.texts == (index == position ? ["1", "2"] : ["1", "2", "3"]))
        }
    }

    /// As when a socket's `closed` hook closes others.
    @Test("A member whose write makes another leave", arguments: 0..<5, 0..<5)
    func makesAnotherLeave(actor: Int, victim: Int) {
        let clients = (0..<5).map { _ in Client(loopHub, "a") }
        clients[actor].duringWrite = { [unowned client = clients[victim]] in client.leaveAll() }
        publish("a", "1")
        for (index, client) in clients.enumerated() where index != victim {
            #expect(client.texts == ["1"], "client \(index)")
        }
        #expect(clients[victim].texts == (actor >= victim ? ["1"] : []))
        publish("a", "2")
        #expect(clients.map { $0.texts.last == "2" } == (0..<5).map { $0 != victim })
    }

    @Test("A member that goes from two subjects to one while a tick is written gets each message once")
    func leavesOneOfTwo() {
        let actor = Client(loopHub, "a")
        let both = Client(loopHub, "a", "b")
        let last = Client(loopHub, "a")
        actor.duringWrite = { [unowned both] in both.leave("b") }
        publish("a", "1", "2")
        publish("a", "3")
        #expect(both.texts == ["1", "2", "3"])
        #expect(actor.texts == ["1", "2", "3"] && last.texts == ["1", "2", "3"])
    }

    @Test("A member that joins a second subject while a tick is written loses nothing of the first")
    func joinsSecond() {
        let actor = Client(loopHub, "a")
        let other = Client(loopHub, "a")
        actor.duringWrite = { [unowned other] in other.join("b") }
        publish("a", "1")
        publish("a", "2")
        publish("b", "3")
        #expect(other.texts == ["1", "2", "3"])
    }

    @Test("What a write publishes comes in the next tick, in order")
    func publishesInItsWrite() {
        let client = Client(loopHub, "a")
        let other = Client(loopHub, "a")
        client.duringWrite = { [bus] in bus.publish("a", "2") }
        publish("a", "1")
        #expect(client.texts == ["1", "2"])
        #expect(other.texts == ["1", "2"])
        #expect(other.writes.count == 2)
    }
}
