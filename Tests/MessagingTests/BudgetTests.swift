import Messaging
import NIOCore
import NIOEmbedded
import PluginKit
import Testing

@Suite("What a loop may keep for all its clients together")
struct BudgetTests {
    private let bus = CountingBus()
    private let loop = EmbeddedEventLoop()
    private let loopHub: LoopHub

    init() {
        loopHub = LoopHub(hub: Hub(bus: bus), loop: loop, budget: 1600)
    }

    /// Its first message is under way.
    private func stuck(_ subject: String, _ policy: Feed.SlowPolicy = .close) -> Client {
        let client = Client(loopHub)
        client.join(.of(subject, policy == .dropOldest ? .envelope : .raw, policy))
        client.isStuck = true
        publish(subject, "first")
        return client
    }

    private func publish(_ subject: String, _ text: String) {
        bus.publish(subject, text)
        loop.run()
    }

    /// 100 bytes each as a frame.
    private func fill(_ subject: String, _ count: Int) {
        for _ in 0..<count { publish(subject, String(repeating: "x", count: 98)) }
    }

    @Test("Within it nobody is looked at; past it who is furthest behind goes, and no more than must")
    func furthest() {
        let clients = ["a", "b", "c"].map { stuck($0) }
        fill("a", 5)
        fill("b", 7)
        fill("c", 4)
        #expect(loopHub.retainedBytes == 1600 && clients.allSatisfy { $0.ends.isEmpty })
        fill("c", 1)
        #expect(clients.map { $0.ends.count } == [0, 1, 0])
        #expect(clients[1].ends == [.tooSlow(waiting: 707)])
        #expect(loopHub.retainedBytes == 1000 && loopHub.statistics.slowConsumersClosed == 1)
        for client in [clients[0], clients[2]] { client.take() }
        #expect(clients[0].texts.count == 6 && clients[2].texts.count == 6)
        #expect(loopHub.retainedBytes == 0)
    }

    @Test("On one feed those go first who stand furthest back")
    func sameFeed() {
        let text = String(repeating: "x", count: 40_000)
        loopHub.budget = 200_000
        let clients = (0..<3).map { _ in stuck("a") }
        for client in clients { client.take(staysStuck: true) }
        for turn in 0..<6 {
            publish("a", text)
            // Each write takes one of these.
            if turn < 4 { clients[1].take(staysStuck: true) }
            if turn < 2 { clients[2].take(staysStuck: true) }
        }
        #expect(clients.map { $0.ends.count } == [1, 0, 0])
        #expect(loopHub.retainedBytes <= 200_000)
        publish("a", text)
        publish("a", text)
        #expect(clients.map { $0.ends.count } == [1, 0, 1])
        clients[1].take()
        while loopHub.retainedBytes > 0 { clients[1].take() }
        #expect(clients[1].texts.filter { $0 == text }.count == 8)
    }

    @Test("A client that may lose messages loses them, and is told")
    func dropOldest() {
        let client = stuck("a", .dropOldest)
        let other = stuck("b")
        fill("b", 3)
        fill("a", 12)
        #expect(client.ends.isEmpty && other.ends.isEmpty)
        #expect(loopHub.retainedBytes <= 1600)
        let lost = loopHub.statistics.messagesDropped
        #expect(lost > 0 && lost < 12)
        client.take()
        let texts = client.texts.shortened
        #expect(texts[1] == "dropped \(lost)")
        #expect(texts.count == 2 + 12 - lost)
        publish("a", "end")
        #expect(client.texts.shortened.last == "end")
    }

    @Test("Publishers are not waited for: it is the loop that has no room")
    func blockPublisher() {
        let clients = ["a", "b"].map { stuck($0, .blockPublisher) }
        fill("a", 9)
        fill("b", 8)
        #expect(clients.map { $0.ends.count } == [1, 0])
    }

    /// As when the hook of one closes others. All stand at one place.
    @Test("One whose end is the end of others", arguments: [false, true], [Feed.SlowPolicy.close, .dropOldest])
    func endsOthers(isByBudget: Bool, others: Feed.SlowPolicy) {
        let clients = (0..<4).map { number in
            let client = Client(loopHub, limit: isByBudget ? 1 << 20 : 100)
            client.join(.of("a", .raw, number == 0 ? .close : others))
            return client
        }
        for client in clients {
            client.isStuck = true
            client.onEnd = { for other in clients where other !== client { other.leaveAll() } }
        }
        fill("a", isByBudget ? 18 : 3)
        #expect(clients.map { $0.ends.count } == [1, 0, 0, 0])
        #expect(clients.allSatisfy { $0.texts.count == 1 })
        #expect(loopHub.statistics.slowConsumersClosed == 1 && loopHub.statistics.messagesDropped == 0)
        #expect(loopHub.retainedBytes == 0 && bus.subscriptions == [:])
    }

    @Test("Everything is given back when all have left, however many feeds there were")
    func manyFeeds() {
        loopHub.budget = 20_000
        var clients: [Client] = []
        for number in 0..<300 {
            clients.append(stuck("s\(number)"))
            fill("s\(number)", 1 + number % 3)
            #expect(loopHub.retainedBytes <= 20_000)
        }
        let closed = clients.count { !$0.ends.isEmpty }
        #expect(closed == loopHub.statistics.slowConsumersClosed && closed > 50)
        for client in clients.shuffled() { client.leaveAll() }
        #expect(loopHub.retainedBytes == 0 && bus.subscriptions == [:])
    }
}
