import Messaging
import PluginKit
import Testing

/// What only the embedded bus can promise; the rest is in the suite for both buses.
struct EmbeddedHistoryTests {
    private let bus = EmbeddedBus()

    private func history(
        subjects: [String] = ["room.*"], messages: Int? = nil, bytes: Int? = nil
    ) async throws -> any History {
        let history = bus.history(
            HistoryConfiguration(stream: "S", subjects: subjects, messages: messages, bytes: bytes))
        try await history.open()
        return history
    }

    private func publish(_ subjects: String...) {
        for (number, subject) in subjects.enumerated() { _ = bus.publish(BusMessage(subject, "\(number)")) }
    }

    private func read(_ history: any History, _ pattern: String, _ start: HistoryStart) async throws -> HistoryBatch {
        try await history.reader(pattern, from: start).next(100)
    }

    /// A window knows of each subject what it has lost.
    @Test(arguments: [(1, nil), (nil, 400)] as [(Int?, Int?)])
    func evictionIsAGapOnlyForThoseWhoMissedSomething(messages: Int?, bytes: Int?) async throws {
        let history = try await history(messages: messages, bytes: bytes)
        publish("room.a", "room.b", "room.b", "room.b")
        let gaps = [("room.a", 0, true), ("room.a", 1, false), ("room.b", 1, true), ("room.c", 0, false)]
        for (pattern, place, isGap) in gaps {
            let batch = try await read(history, pattern, .after(HistoryToken(sequence: UInt64(place))))
            #expect(batch.hasGap == isGap)
        }
    }

    @Test func aStreamLivesAsLongAsOneOfItsUsers() async throws {
        let (one, two) = (try await history(), try await history())
        publish("room.a", "room.a")
        await one.close()
        let old = try await read(two, "room.a", .last(5))
        #expect(old.messages.count == 2)
        await two.close()
        publish("room.a")
        let three = try await history()
        #expect(try await read(three, "room.a", .last(5)).messages.isEmpty)
        publish("room.a")
        let again = try await read(three, "room.a", .after(old.position))
        #expect(again.hasGap && again.messages.count == 1 && again.position.epoch != old.position.epoch)
    }

    /// As when a file is read again in which the route's subjects have changed.
    @Test func aStreamKeepsWhatAnyOfItsUsersAsksFor() async throws {
        let (one, two) = (try await history(), try await history(subjects: ["hall.*"], messages: 2))
        publish("room.a", "hall.a", "lawn.a", "room.a")
        #expect(try await read(one, ">", .last(5)).messages.map(\.subject) == ["hall.a", "room.a"])
        await one.close()
        publish("room.a", "hall.b")
        #expect(try await read(two, ">", .last(5)).messages.map(\.subject) == ["room.a", "hall.b"])
    }
}
