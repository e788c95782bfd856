import Messaging
import NIOCore
import NIOEmbedded
import PluginKit
import Testing

@Suite("Messages that wait too long")
struct LagTests {
    private let bus = CountingBus()
    private let loop = EmbeddedEventLoop()
    private let loopHub: LoopHub

    init() {
        loopHub = LoopHub(hub: Hub(bus: bus), loop: loop)
    }

    private func stuck(_ policy: Feed.SlowPolicy, maxLag: Duration?, _ subjects: String...) -> Client {
        let client = Client(loopHub)
        for subject in subjects { client.join(.of(subject, .envelope, policy, maxLag: maxLag)) }
        client.isStuck = true
        publish(subjects[0], "first")
        return client
    }

    private func publish(_ subject: String, _ text: String) {
        bus.publish(subject, text)
        loop.run()
    }

    @Test("A client is closed when what waits for it is too old, though nothing new comes")
    func close() {
        let patient = stuck(.close, maxLag: nil, "a")
        let client = stuck(.close, maxLag: .seconds(5), "a")
        loop.advanceTime(by: .seconds(100))
        #expect(client.ends.isEmpty)
        publish("a", "1")
        loop.advanceTime(by: .seconds(5))
        #expect(client.ends.isEmpty)
        // Looked at once a second.
        loop.advanceTime(by: .seconds(1))
        #expect(client.ends.count == 1 && loopHub.statistics.slowConsumersClosed == 1)
        loop.advanceTime(by: .seconds(1000))
        #expect(client.ends.count == 1 && patient.ends.isEmpty)
        patient.take()
        #expect(patient.texts.shortened == ["first", "first", "1"])
        #expect(loopHub.retainedBytes == 0)
    }

    @Test("With the next message it is looked at again at once")
    func nextMessage() {
        let client = stuck(.close, maxLag: .milliseconds(50), "a")
        publish("a", "1")
        loop.advanceTime(by: .milliseconds(50))
        publish("a", "2")
        #expect(client.ends.isEmpty)
        loop.advanceTime(by: .milliseconds(1))
        publish("a", "3")
        #expect(client.ends.count == 1)
    }

    @Test("Exactly the old ones are lost; the count is told before anything live", arguments: [false, true])
    func dropOldest(isOnSeveral: Bool) {
        let client = isOnSeveral
            ? stuck(.dropOldest, maxLag: .seconds(10), "a", "b") : stuck(.dropOldest, maxLag: .seconds(10), "a")
        for number in 0..<20 {
            publish("a", "\(number)")
            publish("a", "\(number)'")
            loop.advanceTime(by: .seconds(1))
        }
        // The tenth second's are 10 s old, which is not older.
        client.take(staysStuck: true)
        #expect(client.texts.shortened == ["first", "dropped 20"])
        client.take(staysStuck: true)
        #expect(client.texts.shortened.dropFirst(2) == (10..<20).flatMap { ["\($0)", "\($0)'"] }[...])
        publish("a", "x")
        publish("a", "y")
        loop.advanceTime(by: .seconds(12))
        #expect(loopHub.retainedBytes == 0)
        client.take()
        publish("a", "live")
        #expect(client.texts.shortened.suffix(2) == ["dropped 2", "live"])
        #expect(loopHub.statistics.messagesDropped == 22)
    }

    @Test("Time goes on for what waits when its client joins a second feed")
    func movesAlong() {
        let client = stuck(.close, maxLag: .seconds(5), "a")
        publish("a", "1")
        loop.advanceTime(by: .seconds(4))
        client.join("b")
        loop.advanceTime(by: .seconds(2))
        #expect(client.ends.count == 1)
    }

    @Test("The shortest lag on a feed does not hold for the others")
    func severalLags() {
        let clients = [1, 3, 9].map { stuck(.close, maxLag: .seconds($0), "a") }
        publish("a", "1")
        for (second, closed) in [(1, 0), (2, 1), (3, 1), (4, 2), (9, 2), (10, 3)] {
            let now = loop.now.uptimeNanoseconds / 1_000_000_000
            loop.advanceTime(by: .seconds(Int64(second) - Int64(now)))
            #expect(clients.count { !$0.ends.isEmpty } == closed, "after \(second) s")
        }
    }

    @Test("Nobody looks when nothing waits")
    func asleep() {
        let client = stuck(.close, maxLag: .seconds(5), "a")
        publish("a", "1")
        client.take()
        loop.advanceTime(by: .seconds(10))
        #expect(client.ends.isEmpty && client.texts.shortened == ["first", "1"])
        publish("a", "2")
        #expect(client.texts.shortened.last == "2")
    }

    @Test("Any duration will do", arguments: [Duration.seconds(Int64.max), .zero, .seconds(-5), .nanoseconds(1)])
    func durations(lag: Duration) {
        let client = stuck(.close, maxLag: lag, "a")
        publish("a", "1")
        loop.advanceTime(by: .seconds(2))
        #expect(client.ends.isEmpty == (lag > .seconds(2)))
    }
}
