import Messaging
import NIOCore
import PluginKit
import Testing

@Suite("Clients that are sent what was kept", .timeLimit(.minutes(1)))
struct ReplayClientTests {
    private let bus = CountingBus()
    private let world: ReplayLoop
    private let history = ScriptedHistory()

    init() {
        world = ReplayLoop(bus: bus)
    }

    private func feed(skipsOwn: Bool = false, format: Feed.Format = .envelope) -> Feed {
        Feed("s", format: format, skipsOwn: skipsOwn, history: history, start: .last(9))
    }

    private func begun() async throws { try await history.expect(.follow("s"), .reader("s", .last(9)), .next) }
    private func settle() async throws { try await world.run { _ in } }

    @Test("Its own messages are left out of what is kept and of what comes")
    func ownMessages() async throws {
        let client = try await world.client(id: 7, feed(skipsOwn: true))
        try await begun()
        history.tell(.started(after: .e(3)))
        let batch = HistoryBatch(
            messages: [
                BusMessage(kept: 1, origin: 7), BusMessage(kept: 2), BusMessage(kept: 3, origin: 7),
                BusMessage(kept: 4, origin: 7),
            ], position: .e(4), isAtEnd: true)
        history.answer(batch)
        _ = try await client.texts(2)
        // The last one sent is its own: it is in the live log all the same.
        history.tell(.message(4, origin: 7), .message(5), .message(6, origin: 7), .message(7))
        #expect(try await client.texts(4) == ["2", "live e:4", "5", "7"])
        #expect(try await world.statistics.deliveries == 3)
    }

    @Test("A slow client is read for as it takes; nothing else is asked for meanwhile")
    func slow() async throws {
        let client = try await world.client(isStuck: true, feed())
        try await begun()
        history.tell(.started(after: .e(2)))
        history.answer(.of([1], to: .e(1), isAtEnd: false))
        _ = try await client.texts(1)
        // Much comes live meanwhile; it is not in the log of anybody yet.
        for sequence in 3..<100 as Range<UInt64> { history.tell(.message(sequence)) }
        try await settle()
        #expect(try await world.retained == 0)
        try await client.run { $0.take(staysStuck: true) }
        try await history.expect(.next)
        history.answer(.of([2], to: .e(2)))
        _ = try await client.texts(2)
        try await client.run { $0.take() }
        try await history.expect(.next)
        history.answer(.of(Array(3..<100), to: .e(99)))
        #expect(try await client.texts(100) == (1..<100).map { "\($0)" } + ["live e:99"])
    }

    @Test("Large messages go in writes of about 64 KiB, one at a time")
    func bounded() async throws {
        let client = try await world.client(isStuck: true, feed(format: .raw))
        try await begun()
        history.tell(.started(after: .e(20)))
        let large = String(repeating: "x", count: 30_000)
        let messages = (1...20 as ClosedRange<UInt64>).map { BusMessage(kept: $0, "\($0) \(large)") }
        history.answer(HistoryBatch(messages: messages, position: .e(20), isAtEnd: true))
        for count in 1...7 {
            try await client.until { $0.writes.count == count }
            try await client.run { $0.take(staysStuck: true) }
        }
        try await history.expect(.close)
        let (sizes, texts) = try await client.run { ($0.writes.map(\.readableBytes), $0.texts.map { $0.prefix(3) }) }
        #expect(sizes.count == 7 && sizes.allSatisfy { $0 < 100_000 })
        #expect(texts == messages.map { $0.payload.text.prefix(3) })
    }

    @Test("A history that cannot be read ends the client, once", arguments: 0..<3)
    func errors(after batches: Int) async throws {
        struct Broken: Error, CustomStringConvertible { var description: String { "it is broken" } }
        let client = try await world.client(feed())
        try await begun()
        for batch in 0..<batches {
            if batch == 1 { history.tell(.started(after: .e(10))) }
            history.answer(.of([UInt64(batch + 1)], to: .e(UInt64(batch + 1)), isAtEnd: batch == 1))
            try await history.expect(.next)
        }
        history.answer(Broken())
        try await client.until { !$0.ends.isEmpty }
        try await history.expect(.close, .unfollow("s"))
        #expect(try await client.run { $0.ends } == [.unreadable("it is broken")])
        #expect(try await client.texts == (0..<batches).map { "\($0 + 1)" })
        let statistics = try await world.statistics
        #expect(statistics.replaysFailed == 1 && statistics.slowConsumersClosed == 0)
        #expect(world.hub.subscriptionCount == 0)
    }

    @Test("A history that stays behind what it delivered ends the client")
    func neverArrives() async throws {
        let client = try await world.client(feed())
        try await begun()
        history.tell(.started(after: .e(5)))
        try await settle()
        for _ in 0...100 { history.answer(.of([], to: .e(4))) }
        try await client.until { !$0.ends.isEmpty }
        #expect(try await world.statistics.replaysFailed == 1)
        #expect(world.hub.subscriptionCount == 0)
    }

    @Test(
        "A client that leaves in the middle: everything is let go of",
        arguments: ["reading", "waiting for room", "waiting for the live log", "closing", "passing"], [false, true])
    func leaves(when: String, isInWrite: Bool) async throws {
        weak var gone: Client?
        do {
            let client = try await world.client(isStuck: when == "waiting for room", feed())
            try await begun()
            if !["reading", "waiting for the live log"].contains(when) { history.tell(.started(after: .e(5))) }
            try await settle()
            if isInWrite { try await client.run { client in client.duringWrite = { [unowned client] in client.close() } } }
            switch when {
            case "reading": if isInWrite { history.answer(.of([1], to: .e(1), isAtEnd: false)) }
            case "waiting for room": history.answer(.of([1], to: .e(1), isAtEnd: false))
            case "passing": history.answer(.of([1, 6], to: .e(6)))
            default: history.answer(.of([1], to: .e(1)))
            }
            if when != "reading" || isInWrite { try await client.until { !$0.writes.isEmpty } }
            gone = try await client.run { client in
                if client.member != nil { client.close() }
                return UncheckedBox(client)
            }.value
        }
        // The task that reads ends, and closes its reader.
        while try await history.requests.receive() != .close {}
        try await settle()
        #expect(gone == nil)
        #expect(world.hub.subscriptionCount == 0)
        #expect(try await world.retained == 0)
        let statistics = try await world.statistics
        #expect(statistics.replaysFailed == 0 && statistics.slowConsumersClosed == 0)
        history.tell(.message(6))
    }

    // MARK: Other feeds

    @Test("What it joins meanwhile begins when the replay is over; what it leaves meanwhile does not")
    func joinsMeanwhile() async throws {
        let client = try await world.client(feed(), Feed("b"), Feed("c"), Feed("b"))
        try await begun()
        history.tell(.started(after: .e(1)))
        try await client.run { $0.leave("c") }
        bus.publish("b", "too early")
        history.answer(.of([1], to: .e(1)))
        _ = try await client.texts(2)
        try await settle()
        #expect(bus.subscriptions == ["b": 1])
        bus.publish("b", "b1")
        history.tell(.message(2))
        #expect(try await client.texts(4) == ["1", "live e:1", "b1", "2"])
    }

    @Test("What waits for a replay that is left begins then")
    func leavesTheReplay() async throws {
        let client = try await world.client(feed(), Feed("b", format: .envelope))
        try await begun()
        try await client.run { $0.leave("s") }
        #expect(bus.subscriptions == ["b": 1])
        bus.publish("b", "b1")
        #expect(try await client.texts(1) == ["b1"])
        try await history.expect(.unfollow("s"))
    }

    // MARK: The link

    @Test("It is told of the link, once, wherever it is", arguments: ["reading", "closing", "passing", "live"])
    func link(when: String) async throws {
        let client = try await world.client(feed())
        try await begun()
        history.tell(.started(after: .e(2)))
        let tell = { [bus] in
            bus.link(.down(reason: "gone"))
            bus.link(.up)
        }
        if when == "reading" {
            tell()
            _ = try await client.texts(2)
        }
        history.answer(.of([1], to: .e(1)))
        try await history.expect(.next)
        history.tell(.message(3))
        if when == "closing" { tell() }
        history.tell(.message(4))
        try await settle()
        history.answer(.of([2, 3, 4, 5], to: .e(5)))
        _ = try await client.texts(when == "reading" ? 8 : 6)
        if when == "passing" { tell() }
        history.tell(.message(5))
        try await settle()
        if when == "live" { tell() }
        history.tell(.message(6))
        let notices = ["bus down", "bus up"]
        let kept = (1...5).map { "\($0)" } + ["live e:5"]
        let texts = try await client.texts(9)
        #expect(texts == (when == "reading" ? notices + kept + ["6"] : kept + notices + ["6"]))
    }
}
