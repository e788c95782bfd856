import NATSClient
import TestSupport
import Testing

/// Against a real nats-server with JetStream.
@Suite(.serialized) struct NATSStreamReaderTests {
    private static func sequences(_ reader: NATSStreamReader, max: Int, bytes: Int? = nil) async throws -> [[UInt64]] {
        var batches: [[UInt64]] = []
        while true {
            let batch = try await reader.next(max: max, maximumBytes: bytes)
            #expect(batch.lost == nil)
            batches.append(batch.messages.map(\.sequence))
            if batch.isCaughtUp { return batches }
        }
    }

    private static func waitUntilNobodyReads(_ jetStream: NATSJetStream) async throws {
        try await eventuallySucceeds {
            guard try await jetStream.stream("S").consumers == 0 else { throw NATSError.timeout }
        }
    }

    @Test(arguments: [
        (NATSStreamStart.all, nil as String?, 4, [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]), (.new, nil, 4, [[]]),
        (.sequence(7), nil, 4, [[7, 8, 9, 10]]), (.sequence(3), "s.1", 2, [[5, 8]]), (.sequence(11), nil, 4, [[]]),
        (.last, "s.1", 2, [[8]]), (.lastPerSubject, nil, 100, [[8, 9, 10]]), (.all, "s.none", 1, [[]]),
        (.time(NATSTimestamp(nanoseconds: 0)), "s.2", 100, [[3, 6, 9]]),
    ])
    func readsToTheEnd(
        _ start: NATSStreamStart, _ filter: String?, _ max: Int, _ expected: [[UInt64]]
    ) async throws {
        try await withJetStream { _, jetStream in
            try await jetStream.makeStream()
            try await jetStream.fill(0..<10) { "s.\($0 % 3)" }
            let reader = try await jetStream.reader(stream: "S", filter: filter, start: start)
            #expect(try await Self.sequences(reader, max: max) == expected)
            // And goes on with what comes later.
            try await jetStream.fill(10..<13) { "s.\($0 % 3)" }
            let later = try await reader.next(max: 100)
            let wanted: [UInt64] = filter == nil ? [11, 12, 13] : filter == "s.1" ? [11] : filter == "s.2" ? [12] : []
            #expect(later.messages.map(\.sequence) == wanted && later.isCaughtUp)
            #expect(later.stream.created == (try await jetStream.stream("S").created))
            await reader.close()
            await #expect(throws: NATSJetStreamError.self) { try await reader.next() }
            try await Self.waitUntilNobodyReads(jetStream)
        }
    }

    @Test func batchesAreBoundInBytes() async throws {
        try await withJetStream { _, jetStream in
            try await jetStream.makeStream()
            for size in [10, 10, 5000, 10, 10] {
                _ = try await jetStream.publish(subject: "s.x", payload: [UInt8](repeating: 1, count: size))
            }
            let reader = try await jetStream.reader(stream: "S")
            let batches = try await Self.sequences(reader, max: 100, bytes: 1000)
            #expect(batches.flatMap { $0 } == [1, 2, 3, 4, 5] && batches.count > 1)
        }
    }

    /// A batch that is bound in bytes ends with words of its own.
    @Test func oneConsumerDoesForAllBatches() async throws {
        try await withJetStream { _, jetStream in
            try await jetStream.makeStream()
            try await jetStream.fill(0..<500)
            let reader = try await jetStream.reader(stream: "S")
            let made = Collected<String>()
            let advisories = jetStream.connection.subscribe(subject: "$JS.EVENT.ADVISORY.CONSUMER.CREATED.S.*") {
                made.append($0.subject)
            }
            for _ in 0..<10 {
                #expect(try await reader.next(max: 50, maximumBytes: 1 << 20).messages.count == 50)
                // Whatever the server has to add.
                try await jetStream.connection.flush()
            }
            #expect(made.count == 1)
            advisories.cancel()
            await reader.close()
        }
    }

    @Test func tellsWhatIsGone() async throws {
        try await withJetStream { server, jetStream in
            try await jetStream.makeStream()
            try await jetStream.fill(0..<100)
            try await jetStream.purgeStream("S", below: 21)
            let reader = try await jetStream.reader(stream: "S", start: .sequence(11))
            let first = try await reader.next(max: 10)
            #expect(first.lost == 11...20 && first.messages.map(\.sequence) == Array(21...30))
            #expect(first.lastSequence == 30 && first.pending == 70)
            try await jetStream.purgeStream("S", below: 61)
            let second = try await reader.next(max: 10)
            #expect(second.lost == 31...60 && second.messages.map(\.sequence) == Array(61...70))
            // Its consumer is gone with the server's memory; the reader is not.
            server.kill()
            #expect(await eventually { !jetStream.connection.isConnected })
            await #expect(throws: NATSJetStreamError.self) { try await reader.next() }
            try server.start()
            let third = try await eventuallySucceeds { try await reader.next() }
            #expect(third.lost == nil && third.messages.map(\.sequence) == Array(71...100) && third.isCaughtUp)
            try await jetStream.deleteStream("S")
            try await jetStream.makeStream()
            try await jetStream.fill(0..<200)
            await #expect(throws: NATSJetStreamError.streamReplaced) { try await reader.next() }
        }
    }

    @Test func aForgottenConsumerIsMadeAnew() async throws {
        try await withJetStream { _, jetStream in
            try await jetStream.makeStream()
            try await jetStream.fill(0..<20)
            let reader = try await jetStream.reader(stream: "S", inactiveThreshold: .milliseconds(300))
            #expect(try await reader.next(max: 5).lastSequence == 5)
            try await Self.waitUntilNobodyReads(jetStream)
            #expect(try await reader.next(max: 100).messages.map(\.sequence) == Array(6...20))
        }
    }

    @Test(arguments: [
        (0, nil as String?, UInt64(201)), (1, nil, 200), (50, nil, 151), (1000, nil, 1), (1, "s.rare", 137),
        (2, "s.rare", 5),
        (3, "s.rare", 1), (1, "s.none", 201), (7, "s.often", 194),
    ])
    func findsTheLatest(_ count: Int, _ filter: String?, _ expected: UInt64) async throws {
        try await withJetStream { _, jetStream in
            try await jetStream.makeStream()
            try await jetStream.fill(1..<201) { [5, 137].contains($0) ? "s.rare" : "s.often" }
            let found = try await jetStream.sequence(ofLast: count, stream: "S", filter: filter)
            guard count > 0, filter != "s.none" else { return #expect(found == expected) }
            // Any sequence will do from which just so many match.
            let reader = try await jetStream.reader(stream: "S", filter: filter, start: .sequence(found))
            let read = try await reader.next(max: 1000).messages
            #expect(read.count == (expected == 1 ? (filter == nil ? 200 : 2) : count))
            #expect(read.first?.sequence == (expected == 1 && filter != nil ? 5 : expected))
        }
    }
}
