import Messaging
import NIOCore
import PluginKit
import TestSupport
import Testing

/// Publishers, readers, slow clients and a live log beside each other, on threads of their own.
@Suite("Replays against random publishing", .timeLimit(.minutes(2)))
struct ReplayPropertyTests {
    // MARK: The embedded bus

    private static let subjects = ["s.a", "s.b", "s.c"]

    /// What a client asked for, and the stream's last sequence before it did.
    private struct Reader {
        var client: LoopClient
        var pattern: String
        var start: HistoryStart
        var before: UInt64
    }

    @Test("On the embedded bus: all of it, once, in order, and live once", arguments: 0..<6)
    func embedded(seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let bus = EmbeddedBus()
        let worlds = [ReplayLoop(bus: bus), ReplayLoop(bus: bus)]
        let history = bus.history(
            HistoryConfiguration(stream: "S", subjects: ["s.*"], messages: 100_000, bytes: 1 << 30))
        try await history.open()
        let published = Collected<String>()
        let publisher = publishing(2500, on: bus, published, seed)
        var readers: [Reader] = []
        for _ in 0..<24 {
            let pattern = random.pick(Self.subjects + ["s.*"])
            let before = UInt64(published.count)
            let start: HistoryStart =
                switch random.below(3) {
                case 0: .after(HistoryToken(sequence: UInt64(random.below(Int(before) + 1))))
                case 1: .last(random.below(50))
                default: .lastPerSubject
                }
            let feed = Feed(pattern, format: .envelope, history: history, start: start)
            let client = try await random.pick(worlds).client(isStuck: random.below(2) == 0, feed)
            readers.append(Reader(client: client, pattern: pattern, start: start, before: before))
            if random.below(3) == 0 { try await random.pick(readers).client.run { $0.take() } }
            if random.below(3) == 0 { try await random.pick(readers).client.run { $0.isStuck = true } }
        }
        await publisher.value
        for reader in readers { try await check(reader, published.all) }
        for reader in readers { try await reader.client.close() }
        for world in worlds {
            #expect(try await world.retained == 0)
            #expect(world.hub.subscriptionCount == 0)
        }
    }

    /// The text of each message is the sequence that the stream gives it; the subjects are collected. Every subject has
    /// one in the end.
    private func publishing(_ count: Int, on bus: EmbeddedBus, _ published: Collected<String>, _ seed: Int) -> Task<Void, Never> {
        Task.detached {
            var random = SeededGenerator(seed: UInt64(seed) &+ 1000)
            let subjects = (0..<count).map { _ in random.pick(Self.subjects) } + Self.subjects
            for (number, subject) in subjects.enumerated() {
                _ = bus.publish(BusMessage(subject, "\(number + 1)"))
                published.append(subject)
                if random.below(20) == 0 { await Task.yield() }
            }
        }
    }

    private func check(_ reader: Reader, _ subjects: [String]) async throws {
        let matching = subjects.indices.filter { Subject.matches(reader.pattern, subjects[$0]) }.map { UInt64($0 + 1) }
        let last = try #require(matching.last)
        try await reader.client.takeAll { texts in
            texts.suffix(2).contains { $0.shortened == "\(last)" } && texts.contains { $0.contains(#""type":"live""#) }
        }
        let texts = try await reader.client.texts
        let heard = texts.compactMap { UInt64($0) }
        try #require(texts.count { $0.hasPrefix("live ") } == 1 && texts.count == heard.count + 1)
        switch reader.start {
        case .after(let token):
            try #require(heard == matching.filter { $0 > token.sequence })
        case .last(let count):
            let first = try #require(heard.first)
            try #require(heard == matching.filter { $0 >= first })
            // The last that there were at some moment, not before it asked.
            let known = matching.filter { $0 <= reader.before }
            try #require(first > (known.count > count ? known[known.count - count - 1] : 0))
        case .lastPerSubject:
            // At some moment, the newest of each subject; then all that came.
            let isRight = (0...3).contains { newest in
                let (head, rest) = (heard.prefix(newest), heard.dropFirst(newest))
                let moment = (rest.first ?? .max) - 1
                let kept = matching.filter { $0 <= moment }
                let expected = Set(Self.subjects.compactMap { subject in kept.last { subjects[Int($0) - 1] == subject } })
                return head == expected.sorted()[...] && rest == matching.filter { $0 > moment }[...]
            }
            try #require(isRight, "\(heard.prefix(8)) of \(matching.count)")
        }
    }

    // MARK: A stream that lags, and is made anew

    @Test("A stream that lags and is made anew: what is missing is told, nothing comes twice", arguments: 0..<16)
    func lagging(seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let world = ReplayLoop()
        let history = LaggingHistory(seed)
        var clients: [LoopClient] = []
        var others: [LoopClient] = []
        for turn in 0..<400 {
            switch random.below(12) {
            case 0 where clients.count < 12:
                let start = history.start(&random)
                let feed = Feed("s", format: .envelope, history: history, start: start)
                clients.append(try await world.client(isStuck: random.below(3) == 0, feed))
            case 1 where others.count < 6:
                let feed = Feed("s", format: .envelope, history: history, start: history.start(&random))
                others.append(try await world.client(isStuck: random.below(3) == 0, feed))
            case 2 where !others.isEmpty: try await others.remove(at: random.below(others.count)).close()
            case 3 where !clients.isEmpty: try await random.pick(clients).run { $0.take() }
            case 4 where !clients.isEmpty: try await random.pick(clients).run { $0.isStuck = true }
            case 5..<9: history.publish(1 + random.below(8))
            case 9 where turn > 150 && seed % 2 == 1 && random.below(8) == 0: history.makeAnew()
            default: history.deliver(random.below(20))
            }
            if random.below(3) == 0 { await Task.yield() }
        }
        history.publish(1)
        history.deliver(.max)
        for client in clients { try await check(client, history) }
        for client in clients + others { try await client.close() }
        #expect(try await world.retained == 0)
        #expect(try await world.statistics.replaysFailed == 0)
        #expect(world.hub.subscriptionCount == 0)
    }

    private func check(_ client: LoopClient, _ history: LaggingHistory) async throws {
        let last = history.last.description
        try await client.takeAll { texts in
            texts.suffix(2).contains { $0.shortened == last } && texts.contains { $0.contains(#""type":"live""#) }
        }
        let texts = try await client.texts
        try #require(texts.count { $0.hasPrefix("live ") } == 1)
        var before: HistoryToken?
        var isToldOfGap = false
        for text in texts where !text.hasPrefix("live ") {
            if text.hasPrefix("gap ") { isToldOfGap = true }
            guard let token = HistoryToken(text) else { continue }
            if let before, before.epoch == token.epoch {
                try #require(token.sequence == before.sequence + 1, "\(before), then \(token) in \(texts.suffix(20))")
            } else if let before {
                try #require(isToldOfGap && token.sequence == 1, "\(before), then \(token)")
            }
            before = token
            isToldOfGap = false
        }
        try #require(before == history.last)
    }
}

extension LoopClient {
    /// Takes all there is, and waits until it has heard what it should.
    func takeAll(until isDone: @escaping @Sendable ([String]) -> Bool) async throws {
        try await run { $0.take() }
        try await until { isDone($0.texts) }
    }
}
