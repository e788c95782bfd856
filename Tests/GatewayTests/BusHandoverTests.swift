import Gateway
import NATSClient
import PluginKit
import TestSupport
import Testing

/// What a client does that comes back: follow from now on, read what it missed, go on with what was followed.
@Suite(.serialized) struct BusHandoverTests {
    private static let (publishers, each, clients) = (4, 300, 16)

    /// A client, and what it got.
    private struct Visit: Sendable {
        var subject: String
        var place: UInt64
        var got: [BusMessage] = []
    }

    /// Many publishers and clients that come at any time, each with a place that it had.
    @Test(arguments: BusKind.allCases, [UInt64(1), 2, 3])
    func nothingIsMissingAndNothingTwice(_ kind: BusKind, _ seed: UInt64) async throws {
        try await withBuses(kind) { buses in
            try await run(buses, try await buses.history(messages: 100_000), seed)
        }
    }

    /// Where a server that is asked may have yet to hear of what another has stored.
    @Test func nothingIsMissingInACluster() async throws {
        try await NATSCluster.with { cluster in
            try await withBus(on: [cluster.servers[0]]) { one in
                try await withBus(on: [cluster.servers[1]]) { two in
                    try await cluster.makeStream("S", subjects: ["room.*"], NATSJetStream(one.connection))
                    let buses = Buses(one: one, two: two)
                    try await run(buses, try await buses.history(), 4)
                }
            }
        }
    }

    private func run(_ buses: Buses, _ history: any History, _ seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let end = UInt64(Self.publishers * Self.each)
        let plans = (0..<Self.clients).map { _ in
            let filter = generator.pick(["*", "*", "0", "1", "2", "3"])
            return (
                visit: Visit(subject: "room.\(filter)", place: generator.next() % (end / 2)),
                batch: 1 + generator.below(80)
            )
        }
        let visits = try await withThrowingTaskGroup(of: Visit?.self) { group in
            for publisher in 0..<Self.publishers {
                group.addTask {
                    try await self.publish(publisher, on: publisher % 2 == 0 ? buses.one : buses.two)
                    return nil
                }
            }
            for plan in plans {
                group.addTask { try await self.comeBack(history, plan.visit, batch: plan.batch) }
            }
            return try await group.reduce(into: [Visit]()) { visits, visit in if let visit { visits.append(visit) } }
        }
        let reader = try await history.reader("room.*", from: .after(HistoryToken(sequence: 0)))
        let truth = try await reader.next(10_000).messages
        #expect(truth.map(\.sequence) == Array(1...end) && visits.count == Self.clients)
        for visit in visits {
            let expected = truth.filter { $0.sequence > visit.place && Subject.matches(visit.subject, $0.subject) }
            #expect(visit.got.map(\.sequence) == expected.map(\.sequence), "\(visit.subject) after \(visit.place)")
            #expect(visit.got.map(\.text) == expected.map(\.text))
        }
        for publisher in 0..<Self.publishers {
            let own = truth.filter { $0.subject == "room.\(publisher)" }
            #expect(own.map(\.text) == (0..<Self.each).map { "\($0)" })
        }
    }

    private func publish(_ publisher: Int, on bus: any Bus) async throws {
        for number in 0..<Self.each {
            _ = bus.publish(BusMessage("room.\(publisher)", "\(number)"))
            if number % 20 == 0 { try await Task.sleep(for: .milliseconds(1)) }
        }
    }

    private func token(_ history: any History, _ sequence: UInt64) async throws -> HistoryToken {
        let reader = try await history.reader("room.*", from: .after(HistoryToken(sequence: 0)))
        defer { reader.close() }
        while true {
            let batch = try await reader.next(64)
            if let message = batch.messages.last, message.sequence >= sequence {
                return HistoryToken(epoch: batch.position.epoch, sequence: sequence)
            }
            if batch.isAtEnd { try await Task.sleep(for: .milliseconds(1)) }
        }
    }

    /// A client that had everything up to its place, which it asks for when the stream has come there.
    private func comeBack(_ history: any History, _ visit: Visit, batch size: Int) async throws -> Visit {
        let place = try await token(history, visit.place)
        let follower = Follower(history, visit.subject)
        defer { follower.cancel() }
        #expect(await follower.hasStarted())
        let floor = follower.start?.sequence ?? 0
        let reader = try await history.reader(visit.subject, from: .after(place))
        defer { reader.close() }
        var (visit, reached) = (visit, place.sequence)
        while reached < floor {
            let batch = try await reader.next(size)
            #expect(!batch.hasGap && batch.position.sequence >= reached)
            visit.got += batch.messages
            reached = batch.position.sequence
        }
        // Each publisher's last is the last of its number.
        let lasts = visit.subject == "room.*" ? Self.publishers : 1
        let hasAll = await eventually(within: .seconds(30)) {
            let live = follower.messages.filter { $0.sequence > reached }
            return (visit.got + live).count { $0.text == "\(Self.each - 1)" } == lasts
        }
        #expect(hasAll && follower.losses == [] && follower.isInOrder)
        visit.got += follower.messages.filter { $0.sequence > reached }
        return visit
    }
}
