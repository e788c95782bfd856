import Messaging
import NIOCore
import NIOEmbedded
import PluginKit
import Testing

@Suite("Clients with a cursor")
struct CursorTests {
    private let bus = CountingBus()
    private let loop = EmbeddedEventLoop()
    private let hub: Hub
    private let loopHub: LoopHub

    init() {
        hub = Hub(bus: bus)
        loopHub = LoopHub(hub: hub, loop: loop)
    }

    /// One tick.
    private func publish(_ subject: String, _ texts: String...) {
        for text in texts { bus.publish(subject, text) }
        loop.run()
    }

    private func stuck(_ subjects: String..., limit: Int = 1 << 30) -> Client {
        let client = Client(loopHub, limit: limit)
        for subject in subjects { client.join(subject) }
        client.isStuck = true
        return client
    }

    /// Everything was read, and nothing of it kept.
    private func expectClean(_ client: Client, _ texts: [String]) {
        let heard = client.texts
        // Long texts are not worth printing.
        #expect(heard.map { $0.prefix(8) } == texts.map { $0.prefix(8) })
        #expect(heard.map(\.count) == texts.map(\.count))
        #expect(loopHub.retainedBytes == 0)
    }

    @Test("One write is under way at most; what came meanwhile follows in one when all of it is taken")
    func merges() {
        let client = stuck("a")
        publish("a", "1", "2")
        publish("a", "3")
        publish("a", "4", "5")
        #expect(client.texts == ["1", "2"] && loopHub.retainedBytes == 9)
        client.take(bytes: 5)
        #expect(client.writes.count == 1)
        client.take(bytes: 1)
        #expect(client.texts == ["1", "2", "3", "4", "5"] && client.writes.count == 2)
        #expect(loopHub.retainedBytes == 0)
        publish("a", "6")
        #expect(client.writes.count == 2)
        client.take()
        publish("a", "7")
        #expect(client.writes.count == 4)
        expectClean(client, (1...7).map { "\($0)" })
    }

    @Test("Catching up goes in writes of about 64 KiB", arguments: [100, 3000, 20_000, 70_000])
    func boundedWrites(size: Int) {
        let client = stuck("a")
        let count = 1_000_000 / size
        let text = { (number: Int) in "\(number) " + String(repeating: "x", count: size) }
        publish("a", "first")
        for number in 0..<count {
            bus.publish("a", text(number))
            if number % 2 == 0 || size > 3000 { loop.run() }
        }
        loop.run()
        while loopHub.retainedBytes > 0 { client.take(staysStuck: true) }
        expectClean(client, ["first"] + (0..<count).map(text))
        let sizes = client.writes.dropFirst().map(\.readableBytes)
        #expect(sizes.allSatisfy { $0 <= max(65_536 + 3000, size + 20) })
        #expect(sizes.dropLast().allSatisfy { $0 > 32_768 })
        #expect(client.queuedBytes == sizes.last)
    }

    @Test("Clients at different places each get all, in order, and what everybody has read is let go")
    func places() {
        let clients = (0..<6).map { _ in stuck("a") }
        let text = { (number: Int) in "\(number) " + String(repeating: "x", count: 7000) }
        var kept: [Int] = []
        for number in 0..<60 {
            publish("a", text(number))
            // Client n takes something every n+1 ticks; the last one never does.
            for (index, client) in clients.enumerated().dropLast() where number % (index + 1) == 0 {
                client.take(staysStuck: true)
            }
            kept.append(loopHub.retainedBytes)
        }
        #expect(kept == kept.sorted() && kept.last ?? 0 >= 58 * 7000)
        clients[5].take()
        #expect(loopHub.retainedBytes < 20 * 7000)
        for client in clients { client.take() }
        for client in clients { expectClean(client, (0..<60).map(text)) }
    }

    @Test("Who leaves lets go of what waited for nobody else", arguments: [false, true])
    func leaving(leavesAll: Bool) {
        let clients = [stuck("a"), stuck("a")]
        publish("a", "1")
        publish("a", "2")
        clients[0].take()
        publish("a", "3")
        #expect(loopHub.retainedBytes == 6)
        if leavesAll { clients[1].leaveAll() } else { clients[1].leave("a") }
        #expect(loopHub.retainedBytes == 0)
        clients[1].take()
        #expect(clients[0].texts == ["1", "2", "3"] && clients[1].texts == ["1"])
        clients[1].join("a")
        publish("a", "4")
        #expect(clients[1].texts == ["1", "4"])
    }

    @Test("Small messages that wait tick after tick are all there, for those who come to wait among them too")
    func manySmall() {
        let client = stuck("a")
        let late = Client(loopHub, limit: 1 << 30, "a")
        let fast = Client(loopHub, "a")
        for number in 0..<5000 {
            late.isStuck = number % 1000 > 700
            publish("a", "\(number)")
            if number % 1000 == 999 { late.take() }
        }
        let all = (0..<5000).map { "\($0)" }
        #expect(fast.texts == all && late.texts == all && fast.writes.count == 5000)
        #expect(client.texts == ["0"])
        client.take()
        #expect(client.writes.count == 2)
        expectClean(client, all)
    }

    // MARK: On several feeds

    @Test("A client that joins a second feed keeps its place, and shares again when it is back on one")
    func joinsSecond() {
        let client = stuck("a")
        let other = Client(loopHub, "a")
        publish("a", "a1")
        publish("a", "a2")
        client.join("b")
        publish("b", "b1")
        publish("a", "a3")
        publish("b", "b2")
        #expect(loopHub.retainedBytes == 4 * 4)
        client.leave("a")
        publish("a", "a4")
        publish("b", "b3")
        #expect(client.texts == ["a1"])
        client.take()
        expectClean(client, ["a1", "a2", "b1", "a3", "b2", "b3"])
        // Back on one feed, and live: it shares again.
        let neighbour = Client(loopHub, "b")
        publish("b", "b4")
        #expect(client.texts.last == "b4" && other.texts == ["a1", "a2", "a3", "a4"])
        let addresses = [client, neighbour].map { $0.writes.last?.withUnsafeReadableBytes { $0.baseAddress } }
        #expect(addresses[0] == addresses[1])
        #expect(bus.subscriptions == ["a": 1, "b": 1])
    }

    @Test("Everything that waits moves along: read in part, own messages, several chunks", arguments: 0..<4)
    func movesWithACursor(taken: Int) {
        let client = Client(loopHub, limit: 1 << 30, id: 1)
        client.join(.of("a", skipsOwn: true))
        client.isStuck = true
        let text = { (number: Int) in "\(number) " + String(repeating: "x", count: 30_000) }
        publish("a", "first")
        for number in 0..<8 {
            _ = bus.publish(BusMessage(subject: "a", payload: Payload(text: text(number)), origin: number % 3 == 0 ? 1 : 2))
            loop.run()
        }
        for _ in 0..<taken { client.take(staysStuck: true) }
        client.join("b")
        publish("b", "b")
        while loopHub.retainedBytes > 0 { client.take(staysStuck: true) }
        client.take()
        publish("a", "last")
        expectClean(client, ["first"] + (0..<8).filter { $0 % 3 != 0 }.map(text) + ["b", "last"])
    }

    // MARK: In the middle of a tick

    /// Which log is written first is nobody's business: both orders.
    @Test("A client that joins a second feed while another feed's messages are written loses none", arguments: [false, true])
    func joinsWhileAnotherFeedIsWritten(isFirst: Bool) {
        let client = Client(loopHub, "a")
        let actor = Client(loopHub, "b")
        actor.duringWrite = { client.join("c") }
        for subject in isFirst ? ["b", "a"] : ["a", "b"] { bus.publish(subject, subject + "1") }
        loop.run()
        publish("a", "a2")
        publish("c", "c1")
        #expect(client.texts == ["a1", "a2", "c1"])
    }

    @Test("A client with a cursor that joins a second feed while its first is written loses none", arguments: [false, true])
    func joinsWhileItsFeedIsWritten(actsFirst: Bool) {
        let actor = actsFirst ? Client(loopHub, "a") : nil
        let client = stuck("a")
        let last = actor ?? Client(loopHub, "a")
        publish("a", "1")
        publish("a", "2")
        last.duringWrite = { client.join("b") }
        publish("a", "3")
        publish("a", "4")
        client.take()
        expectClean(client, ["1", "2", "3", "4"])
    }

    @Test("A client that leaves, or joins, in the write that catches up", arguments: ["leave", "leave all", "join", "end"])
    func actsWhileCatchingUp(action: String) {
        let client = stuck("a")
        let other = stuck("a")
        publish("a", "1")
        for number in 2..<6 { publish("a", "\(number) " + String(repeating: "x", count: 40_000)) }
        client.duringWrite = { [unowned client] in
            switch action {
            case "leave": client.leave("a")
            case "leave all": client.leaveAll()
            case "join": client.join("b")
            default: client.hub.giveUp(client.member)
            }
        }
        client.take()
        publish("b", "b")
        publish("a", "6")
        #expect(client.texts.count == (action == "join" ? 7 : 2))
        #expect(client.ends.count == (action == "end" ? 1 : 0))
        other.take()
        #expect(other.texts.count == 6)
        #expect(loopHub.retainedBytes == 0)
        #expect(bus.subscriptions == (action == "join" ? ["a": 1, "b": 1] : ["a": 1]))
    }

    @Test("A client that goes and comes again in one write begins anew")
    func rejoinsInAWrite() {
        let client = Client(loopHub, "a")
        let other = Client(loopHub, "a")
        client.duringWrite = { [unowned client] in
            client.leave("a")
            client.join("a")
        }
        publish("a", "1", "2")
        publish("a", "3")
        #expect(client.texts == ["1", "2", "3"] && other.texts == ["1", "2", "3"])
        #expect(loopHub.statistics.deliveries == 6)
    }

    @Test("What was on its way for those who have all left does not reach who joins then")
    func leftovers() {
        let client = Client(loopHub, "a")
        bus.publish("a", "1")
        client.leave("a")
        client.join("a")
        bus.publish("a", "2")
        loop.run()
        #expect(client.texts == ["2"])
    }

    @Test("Subjects that only look alike are two feeds of one client")
    func canonicalEquivalence() {
        let client = Client(loopHub, "\u{E9}", "e\u{301}")
        publish("\u{E9}", "composed")
        publish("e\u{301}", "decomposed")
        #expect(client.texts == ["composed", "decomposed"])
        client.leave("e\u{301}")
        publish("e\u{301}", "2")
        publish("\u{E9}", "3")
        #expect(client.texts == ["composed", "decomposed", "3"])
    }

    @Test("Nothing holds a client that has left: not its feeds, not the log", arguments: [1, 2])
    func letsGo(feeds: Int) {
        weak var gone: Client?
        do {
            let client = stuck("a")
            if feeds > 1 { client.join("b") }
            gone = client
            publish("a", "1")
            publish("a", "2")
            client.close()
        }
        #expect(gone == nil)
        #expect(loopHub.retainedBytes == 0 && hub.subscriptionCount == 0)
    }
}
