import Messaging
import PluginKit
import Synchronization
import Testing

struct EmbeddedHistoryTests {
    private let bus = EmbeddedBus()

    private func history(
        subjects: [String] = ["room.*"], messages: Int? = nil, bytes: Int? = nil, age: Duration? = nil
    ) async throws -> any History {
        let history = bus.history(
            HistoryConfiguration(stream: "S", subjects: subjects, messages: messages, bytes: bytes, age: age))
        try await history.open()
        return history
    }

    private func publish(_ subjects: String...) {
        for (number, subject) in subjects.enumerated() { _ = bus.publish(BusMessage(subject, "\(number)")) }
    }

    private func sequences(_ history: any History, _ pattern: String, _ start: HistoryStart) async throws -> [UInt64] {
        let reader = try await history.reader(pattern, from: start)
        var found: [UInt64] = []
        while true {
            let batch = try await reader.next(2)
            found += batch.messages.map { $0.position?.sequence ?? 0 }
            if batch.isAtEnd { return found }
        }
    }

    @Test(arguments: [
        (HistoryStart.after(HistoryToken(sequence: 0)), "room.*", [1, 2, 4, 5, 6]),
        (.after(HistoryToken(sequence: 2)), "room.*", [4, 5, 6]),
        (.after(HistoryToken(sequence: 2)), "room.a", [5]),
        (.after(HistoryToken(sequence: 6)), "room.*", []),
        (.last(2), "room.*", [5, 6]),
        (.last(2), "room.a", [1, 5]),
        (.last(100), "room.b", [2, 6]),
        (.last(1), "room.x", []),
        (.lastPerSubject, "room.*", [4, 5, 6]),
        (.lastPerSubject, "room.b", [6]),
    ] as [(HistoryStart, String, [UInt64])])
    func reads(start: HistoryStart, pattern: String, expected: [UInt64]) async throws {
        let history = try await history(subjects: ["room.*", "other"])
        publish("room.a", "room.b", "other", "room.c", "room.a", "room.b", "elsewhere")
        #expect(try await sequences(history, pattern, start) == expected)
    }

    @Test func positionsCoverWhatWasReadOfOtherSubjects() async throws {
        let history = try await history()
        publish("room.a", "room.b", "room.b")
        let reader = try await history.reader("room.a", from: .after(HistoryToken(sequence: 0)))
        let batch = try await reader.next(10)
        #expect(batch.position.sequence == 3)
        #expect(batch.isAtEnd)
        let token = HistoryToken(batch.position.description)
        #expect(token == batch.position)
    }

    @Test(arguments: [
        (1, nil, nil), (nil, 400, nil), (nil, nil, Duration.zero),
    ] as [(Int?, Int?, Duration?)])
    func evictionIsAGapForThoseWhoMissedSomething(messages: Int?, bytes: Int?, age: Duration?) async throws {
        let history = try await history(messages: messages, bytes: bytes, age: age)
        publish("room.a", "room.b", "room.b", "room.b")
        #expect(try await gap(history, "room.a", 0))
        #expect(try await !gap(history, "room.a", 1))
        #expect(try await gap(history, "room.b", 1))
        #expect(try await !gap(history, "room.c", 0))
    }

    private func gap(_ history: any History, _ pattern: String, _ sequence: UInt64) async throws -> Bool {
        try await history.reader(pattern, from: .after(HistoryToken(sequence: sequence))).next(1).hasGap
    }

    @Test func aTokenOfAnotherLifeIsAGapAndReadsAll() async throws {
        let first = try await history()
        publish("room.a", "room.a")
        let old = try await first.reader("room.a", from: .last(1)).next(5).position
        await first.close()
        let second = try await history()
        publish("room.a")
        for token in [old, HistoryToken(sequence: 2)] {
            let batch = try await second.reader("room.a", from: .after(token)).next(5)
            #expect(batch.hasGap)
            #expect(batch.messages.count == 1)
        }
        await #expect(throws: BusFailure.self) { try await first.reader("room.a", from: .last(1)) }
    }

    @Test func aStreamLivesAsLongAsOneOfItsUsers() async throws {
        let one = try await history()
        let two = try await history()
        publish("room.a")
        await one.close()
        #expect(try await sequences(two, "room.a", .last(5)) == [1])
        await two.close()
        let three = try await history()
        #expect(try await sequences(three, "room.a", .last(5)) == [])
    }

    @Test func storingAnswersTheReceiptAndKnowsIds() async throws {
        _ = try await history()
        let heard = Mutex(0)
        _ = bus.subscribe("room.a") { _ in heard.withLock { $0 += 1 } }
        let message = BusMessage("room.a", "x")
        let first = try await bus.store(message, id: "i", timeout: .seconds(1))
        let again = try await bus.store(message, id: "i", timeout: .seconds(1))
        let other = try await bus.store(message, id: "j", timeout: .seconds(1))
        #expect((first.isDuplicate, again.isDuplicate, other.isDuplicate) == (false, true, false))
        #expect([first, again, other].map(\.token.sequence) == [1, 1, 2])
        #expect(heard.withLock { $0 } == 2)
        await #expect(throws: BusFailure.noResponders) {
            try await bus.store(BusMessage("nowhere", ""), id: nil, timeout: .seconds(1))
        }
    }

    /// Publishers on several threads, followers and readers joining at any time.
    @Test func readingAndFollowingTogetherMissNothing() async throws {
        let history = try await history(messages: 100_000)
        let (publishers, each, clients) = (4, 500, 20)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for publisher in 0..<publishers {
                group.addTask {
                    for number in 0..<each {
                        _ = self.bus.publish(BusMessage("room.\(publisher)", "\(number)"))
                        if number % 50 == 0 { await Task.yield() }
                    }
                }
            }
            for client in 0..<clients {
                group.addTask {
                    for _ in 0..<client * 3 { await Task.yield() }
                    try await self.joinAndCheck(history, publishers, each)
                }
            }
            try await group.waitForAll()
        }
    }

    private func joinAndCheck(_ history: any History, _ publishers: Int, _ each: Int) async throws {
        let events = Mutex<[HistoryEvent]>([])
        let following = history.follow("room.*") { event in events.withLock { $0.append(event) } }
        defer { following.cancel() }
        guard case .started(let floor)? = events.withLock({ $0.first }) else {
            // Another thread is handing out: it comes in a moment.
            try await Task.sleep(for: .milliseconds(5))
            return try await joinAndCheck(history, publishers, each)
        }
        let reader = try await history.reader("room.*", from: .after(HistoryToken(sequence: 0)))
        var all: [BusMessage] = []
        while (all.last?.position?.sequence ?? 0) < floor.sequence {
            all += try await reader.next(64).messages
        }
        let end = UInt64(publishers * each)
        while true {
            let live = events.withLock { $0.compactMap { if case .message(let message) = $0 { message } else { nil } } }
            let last = all.last?.position?.sequence ?? 0
            all += live.filter { ($0.position?.sequence ?? 0) > last }
            if all.last?.position?.sequence == end { break }
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(all.map { $0.position?.sequence } == (1...end).map { $0 })
        for publisher in 0..<publishers {
            #expect(all.filter { $0.subject == "room.\(publisher)" }.map(\.payload.text) == (0..<each).map { "\($0)" })
        }
    }
}

struct EmbeddedRequestTests {
    private let bus = EmbeddedBus()

    @Test func theFirstAnswerWins() async throws {
        for name in ["a", "b"] {
            _ = bus.subscribe("ask") { [bus] message in
                _ = bus.publish(BusMessage(message.reply ?? "", "\(name) \(message.payload.text) \(message.headers)"))
            }
        }
        var request = BusMessage("ask", "hi")
        request.headers = [("K", "v")]
        let answer = try await bus.request(request, timeout: .seconds(5))
        #expect(answer.payload.text.hasPrefix("a hi"))
        #expect(answer.payload.text.contains("K"))
    }

    @Test func nobodyToAskAndNobodyWhoAnswers() async throws {
        await #expect(throws: BusFailure.noResponders) {
            try await bus.request(BusMessage("ask", ""), timeout: .seconds(5))
        }
        let quiet = bus.subscribe("ask") { _ in }
        await #expect(throws: BusFailure.timeout) {
            try await bus.request(BusMessage("ask", ""), timeout: .milliseconds(20))
        }
        await #expect(throws: BusFailure.refused("a subject cannot be empty or have an empty token")) {
            _ = bus.subscribe(">") { _ in }
            return try await bus.request(BusMessage("a..b", ""), timeout: .seconds(5))
        }
        quiet.cancel()
    }

    @Test func oneMemberOfAQueueGetsEachMessage() {
        let counts = Mutex([0, 0, 0, 0])
        for (index, pattern) in ["job.*", "job.>", "job.a"].enumerated() {
            _ = bus.subscribe(pattern, queue: "workers") { _ in counts.withLock { $0[index] += 1 } }
        }
        _ = bus.subscribe("job.a", queue: "others") { _ in counts.withLock { $0[3] += 1 } }
        for _ in 0..<300 { _ = bus.publish(BusMessage("job.a", "")) }
        let heard = counts.withLock { $0 }
        #expect(heard[0] + heard[1] + heard[2] == 300)
        #expect(heard[..<3].allSatisfy { $0 > 30 })
        #expect(heard[3] == 300)
    }

    @Test func whoeverIsBehindMakesPublishersWait() {
        let congestion = Mutex<Congestion?>(nil)
        let slow = bus.subscribe("a", queue: nil, congestion: { _ in congestion.withLock { $0 } }) { _ in }
        #expect(bus.publish(BusMessage("a", "")) == .accepted)
        let jam = Congestion()
        congestion.withLock { $0 = jam }
        #expect(bus.publish(BusMessage("a", "")) == .congested(jam))
        slow.cancel()
        #expect(bus.publish(BusMessage("a", "")) == .accepted)
        #expect(bus.isIdle)
    }
}
