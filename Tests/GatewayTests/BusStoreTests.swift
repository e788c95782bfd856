import PluginKit
import Testing

/// Publishing to streams, on both buses.
@Suite(.serialized) struct BusStoreTests {
    @Test(arguments: BusKind.allCases)
    func anIdIsStoredOnce(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let history = try await buses.history()
            let (heard, followed) = (Heard<BusMessage>(), Heard<HistoryEvent>())
            _ = buses.one.subscribe("room.a") { heard.append($0) }
            let following = history.follow("room.*") { followed.append($0) }
            #expect(await eventually { followed.count == 1 })
            try await buses.settle()
            let message = BusMessage("room.a", "x")
            let first = try await buses.one.store(message, id: "i", timeout: .seconds(5))
            let again = try await buses.one.store(message, id: "i", timeout: .seconds(5))
            let other = try await buses.one.store(message, id: "j", timeout: .seconds(5))
            // The same by hand, without waiting.
            _ = buses.one.publish(BusMessage("room.a", "y", headers: [("Nats-Msg-Id", "j")]))
            let last = try await buses.one.store(message, id: nil, timeout: .seconds(5))
            let receipts = [first, again, other, last]
            #expect(receipts.map(\.isDuplicate) == [false, true, false, false])
            #expect(receipts.map(\.token.sequence) == [1, 1, 2, 3])
            #expect(receipts.allSatisfy { $0.stream == "S" && $0.token.epoch == first.token.epoch })
            #expect(await eventually { followed.count == 4 && heard.count == 5 })
            // A stream knows ids, a subscription does not.
            #expect(heard.texts == ["x", "x", "x", "y", "x"])
            #expect(heard.all.map { $0.headers.first?.value } == ["i", "i", "j", "j", nil])
            let stored = followed.all.compactMap { if case .message(let message) = $0 { message } else { nil } }
            #expect(stored.map(\.sequence) == [1, 2, 3])
            #expect(stored.map { $0.headers.first?.value } == ["i", "j", nil])
            #expect(stored.allSatisfy { $0.reply == nil && ($0.position?.time ?? 0) > 1_700_000_000_000_000_000 })
            guard case .started(let place) = followed.all[0] else {
                Issue.record("it did not begin with the start")
                return
            }
            #expect(place.epoch != nil && place.epoch == first.token.epoch && place.sequence == 0)
            following.cancel()
        }
    }

    @Test(arguments: BusKind.allCases)
    func whatCannotBeStoredIsRefused(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            _ = try await buses.history()
            await #expect(throws: BusFailure.noResponders) {
                try await buses.one.store(BusMessage("nowhere", ""), id: nil, timeout: .seconds(5))
            }
            await #expect(throws: BusFailure.refused("a subject cannot be empty or have an empty token")) {
                try await buses.one.store(BusMessage("room.", ""), id: nil, timeout: .seconds(5))
            }
            await #expect(throws: BusFailure.refused("a header's name or value cannot travel")) {
                try await buses.one.store(BusMessage("room.a", ""), id: "a\r\nb", timeout: .seconds(5))
            }
            let large = BusMessage(subject: "room.a", payload: Payload(repeating: 0, count: 1 << 20 + 1))
            await #expect(throws: BusFailure.tooLarge(limit: 1 << 20)) {
                try await buses.one.store(large, id: nil, timeout: .seconds(5))
            }
        }
    }

    /// What a message is made of is kept, and comes back as it was.
    @Test(arguments: BusKind.allCases)
    func messagesAreKeptWhole(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let history = try await buses.history()
            let bytes: Payload = [0, 0xFF, 0x0D, 0x0A]
            let message = BusMessage(
                subject: "room.a", payload: bytes, frame: .binary, headers: [("K", "v"), ("K", "w")], reply: "r",
                origin: 42)
            #expect(buses.two.publish(message) == .accepted)
            _ = try await buses.two.store(BusMessage("room.a", "text", origin: 1), id: nil, timeout: .seconds(5))
            let batch = try await history.reader("room.a", from: .last(2)).next(10)
            try #require(batch.messages.count == 2)
            let got = batch.messages[0]
            #expect((got.subject, got.payload, got.frame, got.origin) == ("room.a", bytes, .binary, 42))
            #expect(got.headers.map { "\($0.name)=\($0.value)" } == ["K=v", "K=w"])
            #expect(got.reply == nil && got.sequence == 1)
            #expect(batch.messages[1].origin == 1 && batch.messages[1].frame == .unspecified)
        }
    }
}
