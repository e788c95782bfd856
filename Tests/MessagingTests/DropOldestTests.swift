import Messaging
import NIOCore
import NIOEmbedded
import PluginKit
import Testing

@Suite("Clients that lose their oldest messages")
struct DropOldestTests {
    private let bus = CountingBus()
    private let loop = EmbeddedEventLoop()
    private let loopHub: LoopHub

    init() {
        loopHub = LoopHub(hub: Hub(bus: bus), loop: loop)
    }

    /// The bytes of the frame of an envelope with two letters on a subject of one.
    private static let size = 2 + #"{"type":"message","subject":"a","data":"00"}"#.utf8.count

    /// Its first message is under way.
    private func stuck(
        limit messages: Int, id: UInt64 = 0, skipsOwn: Bool = false, slack: Int = 0, _ subjects: String...
    ) -> Client {
        let client = Client(loopHub, limit: messages * Self.size + slack, id: id)
        for subject in subjects { client.join(.of(subject, .envelope, skipsOwn: skipsOwn, .dropOldest)) }
        client.isStuck = true
        publish(subjects[0], "!!")
        return client
    }

    private func publish(_ subject: String, _ texts: String..., origin: UInt64 = 0) {
        for text in texts { _ = bus.publish(BusMessage(subject: subject, payload: Payload(text: text), origin: origin)) }
        loop.run()
    }

    private func numbers(_ range: Range<Int>) -> [String] { range.map { $0 < 10 ? "0\($0)" : "\($0)" } }

    @Test(
        "Exactly as many are lost as must be, and the count is told before what follows",
        arguments: [(3, 3), (3, 4), (3, 10), (1, 10), (0, 10), (10, 50)], [1, 2, 3, 7])
    func exact(numbers: (limit: Int, count: Int), perTick: Int) {
        // A byte less than one more message.
        let client = stuck(limit: numbers.limit, slack: Self.size - 1, "a")
        let neighbour = Client(loopHub, "a")
        let texts = self.numbers(0..<numbers.count)
        for start in stride(from: 0, to: texts.count, by: perTick) {
            for text in texts[start..<min(texts.count, start + perTick)] { bus.publish("a", text) }
            loop.run()
        }
        #expect(client.texts.shortened == ["!!"])
        client.take()
        let lost = numbers.count - numbers.limit
        let told = lost > 0 ? ["dropped \(lost)"] : []
        #expect(client.texts.shortened == ["!!"] + told + texts.suffix(numbers.limit))
        #expect(loopHub.statistics.messagesDropped == lost)
        #expect(loopHub.statistics.slowConsumersClosed == 0 && client.ends.isEmpty)
        #expect(loopHub.retainedBytes == 0)
        publish("a", "end")
        #expect(client.texts.shortened.last == "end")
        #expect(neighbour.texts == texts + ["end"])
    }

    @Test("Counts add up until they can be told, and begin anew then")
    func rounds() {
        let client = stuck(limit: 2, "a")
        publish("a", "00", "01", "02")
        publish("a", "03")
        // One write at a time: the count is a write of its own.
        client.take(staysStuck: true)
        #expect(client.texts.shortened == ["!!", "dropped 2"])
        publish("a", "04")
        client.take(staysStuck: true)
        #expect(client.texts.shortened == ["!!", "dropped 2", "dropped 1"])
        client.take(staysStuck: true)
        publish("a", "05", "06", "07")
        client.take()
        #expect(client.texts.shortened == ["!!", "dropped 2", "dropped 1", "03", "04", "dropped 1", "06", "07"])
        #expect(loopHub.statistics.messagesDropped == 4)
        #expect(loopHub.statistics.deliveries == 5)
    }

    @Test("A message larger than the limit is lost as a whole, and that is told before anything live")
    func allIsLost() {
        let client = stuck(limit: 3, "a")
        publish("a", "00", String(repeating: "x", count: 1000))
        #expect(loopHub.retainedBytes == 0)
        client.take()
        publish("a", "01")
        #expect(client.texts.shortened == ["!!", "dropped 2", "01"])
    }

    @Test("Its own messages, which it would not have got, are not counted")
    func ownMessages() {
        let client = stuck(limit: 2, id: 5, skipsOwn: true, "a")
        for number in 0..<10 { publish("a", numbers(0..<10)[number], origin: number % 3 == 0 ? 5 : 1) }
        client.take()
        #expect(client.texts.shortened == ["!!", "dropped 5", "08"])
        #expect(loopHub.statistics.messagesDropped == 5)
    }

    @Test("On several feeds, joined before or after it fell behind", arguments: [false, true])
    func severalFeeds(isLate: Bool) {
        let client = isLate ? stuck(limit: 3, "a") : stuck(limit: 3, "a", "b")
        publish("a", "00", "01", "02")
        if isLate { client.join(.of("b", .envelope, .dropOldest)) }
        publish("b", "03")
        publish("a", "04")
        #expect(loopHub.statistics.messagesDropped == 2)
        client.take()
        #expect(client.texts.shortened == ["!!", "dropped 2", "02", "03", "04"])
        #expect(loopHub.retainedBytes == 0)
    }

    @Test("Clients with several limits on one feed each lose their own share")
    func severalLimits() {
        let limits = [1, 2, 4, 8, 16]
        let clients = limits.map { Client(loopHub, limit: $0 * Self.size) }
        for client in clients {
            client.join(.of("a", .envelope, .dropOldest))
            client.isStuck = true
        }
        publish("a", "!!")
        for text in numbers(0..<12) { publish("a", text) }
        for client in clients { client.take() }
        for (client, limit) in zip(clients, limits) {
            let told = limit < 12 ? ["dropped \(12 - limit)"] : []
            #expect(client.texts.shortened == ["!!"] + told + numbers(0..<12).suffix(limit))
        }
        #expect(loopHub.statistics.messagesDropped == 11 + 10 + 8 + 4)
        #expect(loopHub.retainedBytes == 0)
    }

    @Test("Event streams are told as well; where only payloads go it is only counted")
    func otherEncodings() {
        let events = Client(loopHub, limit: 40, framing: .events(isChunked: false))
        let raw = Client(loopHub, limit: 6)
        for client in [events, raw] {
            client.join(.of("a", .raw, .dropOldest))
            client.isStuck = true
        }
        for text in numbers(0..<10) { publish("a", text) }
        for client in [events, raw] { client.take() }
        publish("a", "end")
        let read = EventStreamText(events.text).events
        #expect(read.map(\.type) == ["message", "dropped", "message", "message", "message", "message", "message"])
        #expect(read.map(\.data) == ["00", #"{"type":"dropped","count":5}"#, "06", "07", "08", "09", "end"])
        #expect(raw.texts == ["00", "09", "end"])
        #expect(loopHub.statistics.messagesDropped == 5 + 8)
    }

    @Test("A client that leaves in the write that tells it is gone")
    func leavesWhenTold() {
        let client = stuck(limit: 1, "a")
        publish("a", "00", "01")
        client.duringWrite = { [unowned client] in client.leaveAll() }
        client.take()
        publish("a", "02")
        #expect(client.texts.shortened == ["!!", "dropped 1"])
        #expect(loopHub.retainedBytes == 0 && bus.subscriptions == [:])
    }
}
