import Messaging
import NIOCore
import PluginKit
import Testing

/// A history that says everything in the order of the test.
@Suite("Replays, step by step", .timeLimit(.minutes(1)))
struct ReplayTests {
    private let world = ReplayLoop()
    private let history = ScriptedHistory()

    private func feed(_ start: HistoryStart = .after(.e(0)), skipsOwn: Bool = false) -> Feed {
        Feed("s", format: .envelope, skipsOwn: skipsOwn, history: history, start: start)
    }

    /// A client whose replay has been asked for its first batch.
    private func client(
        id: UInt64 = 0, skipsOwn: Bool = false, isStuck: Bool = false, start: HistoryStart = .after(.e(0))
    ) async throws -> LoopClient {
        let client = try await world.client(id: id, isStuck: isStuck, feed(start, skipsOwn: skipsOwn))
        try await history.expect(.follow("s"), .reader("s", start), .next)
        return client
    }

    /// All that was told has come to the clients.
    private func settle() async throws { try await world.run { _ in } }

    private func expectNothingLeft(_ client: LoopClient) async throws {
        #expect(try await world.retained == 0)
        try await client.close()
        #expect(world.hub.subscriptionCount == 0)
    }

    @Test("What is kept, the mark, what comes: the reader and the live log meet", arguments: [0, 1, 2, 3, 4])
    func meets(early: Int) async throws {
        let client = try await client()
        history.tell(.started(after: .e(2)))
        // Some of it comes live while what is kept is being read, the rest behind.
        for sequence in 3..<3 + UInt64(early) { history.tell(.message(sequence)) }
        try await settle()
        history.answer(.of([1, 2], to: .e(2), isAtEnd: false))
        try await history.expect(.next)
        history.answer(.of((3..<3 + UInt64(early)).map { $0 }, to: .e(2 + UInt64(early))))
        let mark = "live e:\(2 + early)"
        _ = try await client.texts(3 + early)
        for sequence in 3 + UInt64(early)..<8 { history.tell(.message(sequence)) }
        #expect(try await client.texts(8) == (1..<3 + early).map { "\($0)" } + [mark] + (3 + early..<8).map { "\($0)" })
        try await history.expect(.close)
        try await expectNothingLeft(client)
    }

    @Test("What was read ahead of the live log comes once, whenever that catches up", arguments: [false, true])
    func readAhead(isStuck: Bool) async throws {
        let client = try await client()
        history.tell(.started(after: .e(1)))
        try await settle()
        history.answer(.of([1, 2, 3, 4], to: .e(6)))
        #expect(try await client.texts(5) == ["1", "2", "3", "4", "live e:6"])
        try await client.run { $0.isStuck = isStuck }
        for sequence: UInt64 in [2, 3] { history.tell(.message(sequence)) }
        try await settle()
        #expect(try await world.retained > 0)
        for sequence: UInt64 in [4, 7, 8] { history.tell(.message(sequence)) }
        try await settle()
        if isStuck { try await client.run { $0.take() } }
        history.tell(.message(9))
        #expect(try await client.texts(8) == ["1", "2", "3", "4", "live e:6", "7", "8", "9"])
        try await expectNothingLeft(client)
    }

    @Test("A live log that is ahead of the history is waited for")
    func readsOn() async throws {
        let client = try await client()
        history.tell(.started(after: .e(1)), .message(2), .message(3), .message(4))
        try await settle()
        history.answer(.of([1], to: .e(1)))
        // Its server has not heard of them yet.
        try await history.expect(.next)
        history.answer(.of([], to: .e(1)))
        try await history.expect(.next)
        history.answer(.of([2, 3], to: .e(3), isAtEnd: false))
        try await history.expect(.next)
        #expect(try await client.texts == ["1", "2", "3"])
        history.tell(.message(5))
        history.answer(.of([4], to: .e(4)))
        #expect(try await client.texts(6) == ["1", "2", "3", "4", "live e:4", "5"])
        try await expectNothingLeft(client)
    }

    @Test("A history that begins to be followed only later", arguments: [false, true])
    func startsLate(withMore: Bool) async throws {
        let client = try await client()
        history.answer(.of([1, 2, 3], to: .e(3)))
        _ = try await client.texts(3)
        // At its end, but nobody knows yet where the live log begins.
        try await settle()
        history.tell(.started(after: .e(4)))
        if withMore { history.tell(.message(5)) }
        try await history.expect(.next)
        history.answer(withMore ? .of([4, 5], to: .e(5)) : .of([4], to: .e(4)))
        _ = try await client.texts(withMore ? 6 : 5)
        history.tell(.message(withMore ? 6 : 5))
        let texts = withMore ? ["1", "2", "3", "4", "5", "live e:5", "6"] : ["1", "2", "3", "4", "live e:4", "5"]
        #expect(try await client.texts(texts.count) == texts)
        try await expectNothingLeft(client)
    }

    @Test("Clients that are live already, and one that comes without a start, hear the same messages")
    func besideOthers() async throws {
        let live = try await world.client(Feed("s", format: .envelope, history: history))
        try await history.expect(.follow("s"))
        history.tell(.started(after: .e(10)), .message(11))
        try await settle()
        let late = try await world.client(feed(.last(2)))
        try await history.expect(.reader("s", .last(2)), .next)
        history.tell(.message(12))
        history.answer(.of([10, 11], to: .e(11)))
        try await history.expect(.next)
        history.answer(.of([12, 13], to: .e(13)))
        _ = try await late.texts(5)
        history.tell(.message(13), .message(14))
        #expect(try await late.texts(6) == ["10", "11", "12", "13", "live e:13", "14"])
        #expect(try await live.texts == ["11", "12", "13", "14"])
        try await live.close()
        try await expectNothingLeft(late)
    }

    // MARK: What is gone

    @Test("A gap at the start is told first")
    func gap() async throws {
        let clients = [try await client(start: .after(.e(5)))]
        history.tell(.started(after: .e(30)))
        history.answer(.of([20, 30], to: .e(30), hasGap: true))
        #expect(try await clients[0].texts(4) == ["gap e:19", "20", "30", "live e:30"])
        try await clients[0].close()
        try await history.expect(.close, .unfollow("s"))
        let empty = try await client(start: .after(.e(5)))
        history.tell(.started(after: .e(30)))
        history.answer(.of([], to: .e(30), hasGap: true))
        #expect(try await empty.texts(2) == ["gap e:30", "live e:30"])
        try await expectNothingLeft(empty)
    }

    @Test("Messages lost while it reads, in the same life of the stream: told, and nothing comes twice")
    func lost() async throws {
        let client = try await client()
        history.tell(.started(after: .e(2)))
        try await settle()
        history.answer(.of([1, 2], to: .e(2), isAtEnd: false))
        try await history.expect(.next)
        history.answer(.of([3, 9, 10], to: .e(10)))
        _ = try await client.texts(6)
        history.tell(.message(3), .lost(after: .e(8)), .message(9), .message(10), .message(11))
        #expect(try await client.texts(8) == ["1", "2", "3", "9", "10", "live e:10", "gap e:8", "11"])
        try await expectNothingLeft(client)
    }

    @Test("A stream made anew behind what was read: all of the new one comes", arguments: [false, true])
    func madeAnew(isBeforeMark: Bool) async throws {
        let client = try await client()
        history.tell(.started(after: .e(2)), .message(3))
        try await settle()
        history.answer(.of([1, 2], to: .e(2), isAtEnd: true))
        try await history.expect(.next)
        let isNew: [HistoryEvent] = [.lost(after: .f(0)), .message(1, "f1"), .message(2, "f2"), .message(3, "f3")]
        if isBeforeMark {
            for event in isNew { history.tell(event) }
            try await settle()
        }
        history.answer(.of([3, 4], to: .e(4)))
        _ = try await client.texts(5)
        if !isBeforeMark { for event in isNew { history.tell(event) } }
        #expect(try await client.texts(9) == ["1", "2", "3", "4", "live e:4", "gap f:0", "f1", "f2", "f3"])
        try await expectNothingLeft(client)
    }

    @Test("A stream made anew before the live log is reached: it is read from where the new one begins, with a gap")
    func madeAnewWhileReading() async throws {
        let client = try await client()
        history.tell(.started(after: .e(2)))
        history.answer(.of([1], to: .e(1), isAtEnd: false))
        try await history.expect(.next)
        history.tell(.lost(after: .f(0)), .message(1, "f1"), .message(2, "f2"))
        try await settle()
        // The reader of the old stream is at its end for ever.
        history.answer(.of([2], to: .e(2)))
        try await history.expect(.close, .reader("s", .after(.e(2))), .next)
        history.tell(.message(3, "f3"))
        history.answer(.of([1, 2], to: .f(2), hasGap: true, prefix: "f"))
        history.tell(.message(4, "f4"))
        #expect(try await client.texts(8) == ["1", "2", "gap f:0", "f1", "f2", "live f:2", "f3", "f4"])
        try await expectNothingLeft(client)
    }

    @Test("A new stream that has nothing yet is not waited for to be as long as the old one was")
    func madeAnewAndEmpty() async throws {
        let client = try await client()
        history.tell(.started(after: .e(90)))
        try await settle()
        history.answer(.of([88, 89], to: .e(89)))
        history.tell(.lost(after: .f(0)))
        try await history.expect(.close, .reader("s", .after(.e(89))), .next)
        history.answer(.of([], to: .f(0), hasGap: true))
        _ = try await client.texts(4)
        history.tell(.message(1, "f1"))
        #expect(try await client.texts(5) == ["88", "89", "gap f:0", "live f:0", "f1"])
        try await expectNothingLeft(client)
    }

    @Test("A reader of the new stream while the live log is still in the old one")
    func readerIsAhead() async throws {
        let client = try await client(start: .last(5))
        history.tell(.started(after: .e(50)))
        try await settle()
        history.answer(.of([1, 2], to: .f(2), prefix: "f"))
        try await history.expect(.close, .reader("s", .after(.f(2))), .next)
        history.tell(.message(51, "e51"), .lost(after: .f(0)), .message(1, "f1"), .message(2, "f2"))
        try await settle()
        history.answer(.of([3], to: .f(3), prefix: "f"))
        #expect(try await client.texts(4) == ["f1", "f2", "f3", "live f:3"])
        history.tell(.message(3, "f3"), .message(4, "f4"))
        #expect(try await client.texts(5) == ["f1", "f2", "f3", "live f:3", "f4"])
        try await expectNothingLeft(client)
    }

    @Test("A stream that was set back, under the same name of its life")
    func setBack() async throws {
        let client = try await client()
        history.tell(.started(after: .e(9)))
        try await settle()
        history.answer(.of([8, 9, 10], to: .e(10)))
        _ = try await client.texts(4)
        history.tell(.lost(after: .e(5)), .message(6, "again 6"))
        #expect(try await client.texts(6) == ["8", "9", "10", "live e:10", "gap e:5", "again 6"])
        try await expectNothingLeft(client)
    }
}
