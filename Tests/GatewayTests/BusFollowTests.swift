import Gateway
import NATSClient
import PluginKit
import Testing

/// Following what is kept, on both buses.
@Suite(.serialized) struct BusFollowTests {
    @Test(arguments: BusKind.allCases)
    func eachMessageComesOnceInOrder(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let history = try await buses.history()
            try await buses.fill("room.a", "room.b")
            let followers = ["room.*", "room.a", "room.b", ">", "*.b", "room.x"].map { Follower(history, $0) }
            for follower in followers { #expect(await follower.hasStarted()) }
            try await buses.fill("room.a", "room.b", "room.b", "room.a")
            _ = buses.two.publish(BusMessage("room.a", "unasked"))
            #expect(await eventually { followers[0].sequences.count == 5 && followers[1].sequences.count == 3 })
            #expect(await eventually { followers[2].sequences.count == 2 && followers[3].sequences.count == 5 })
            #expect(await eventually { followers[4].sequences.count == 2 })
            #expect(
                followers.map(\.sequences) == [
                    [3, 4, 5, 6, 7], [3, 6, 7], [4, 5], [3, 4, 5, 6, 7], [4, 5], [],
                ])
            #expect(followers.allSatisfy { $0.start?.sequence == 2 && $0.losses == [] && $0.isInOrder })
            #expect(followers[1].messages.map(\.text) == ["0", "3", "unasked"])
        }
    }

    @Test(arguments: BusKind.allCases)
    func cancelledIsSilent(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let history = try await buses.history()
            let (one, two) = (Follower(history, "room.*"), Follower(history, "room.*"))
            #expect(await one.hasStarted())
            #expect(await two.hasStarted())
            try await buses.fill("room.a")
            #expect(await eventually { one.sequences.count == 1 && two.sequences.count == 1 })
            one.cancel()
            one.cancel()
            try await buses.fill("room.a", "room.a")
            #expect(await eventually { two.sequences == [1, 2, 3] })
            #expect(one.sequences == [1])
            two.cancel()
        }
    }

    /// Also the one that is cancelled in the middle of what comes together.
    @Test(arguments: BusKind.allCases)
    func aFollowerMayCancelItself(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let history = try await buses.history()
            let (heard, own) = (Heard<UInt64>(), Heard<any BusSubscription>())
            let bus = buses.one
            own.append(
                history.follow("room.*") { event in
                    guard case .message(let message) = event else { return }
                    heard.append(message.sequence)
                    // More come while this one is handed out.
                    if message.sequence == 1 {
                        for _ in 0..<10 { _ = bus.publish(BusMessage("room.a", "")) }
                    } else if message.sequence == 3 {
                        for subscription in own.all { subscription.cancel() }
                    }
                })
            let other = Follower(history, "room.*")
            #expect(await other.hasStarted())
            try await buses.fill("room.a")
            #expect(await eventually { other.sequences.count == 11 })
            #expect(heard.all == [1, 2, 3])
        }
    }

    @Test func aFollowerIsOneConsumer() async throws {
        try await withBuses(.nats) { buses in
            let history = try await buses.history()
            let jetStream = NATSJetStream(try #require(buses.one as? NATSBus).connection)
            func consumers(_ expected: Int) async throws {
                try await eventuallySucceeds {
                    guard try await jetStream.stream("S").consumers == expected else { throw NotConnected() }
                }
            }
            let followers = ["room.*", "room.a", "room.b"].map { Follower(history, $0) }
            for follower in followers { #expect(await follower.hasStarted()) }
            try await consumers(3)
            followers[1].cancel()
            try await consumers(2)
            for follower in followers { follower.cancel() }
            // One that is cancelled before it could begin.
            Follower(history, "room.*").cancel()
            try await consumers(0)
            try await buses.fill("room.a")
            let reader = try await history.reader("room.*", from: .last(2))
            #expect(try await reader.next(9).messages.count == 1)
            try await consumers(1)
            reader.close()
            try await consumers(0)
        }
    }
}
