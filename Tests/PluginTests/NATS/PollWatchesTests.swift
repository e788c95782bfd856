import Messaging
import NATSPlugin
import PluginKit
import Testing

@Suite("Waiting for what comes")
struct PollWatchesTests {
    private let bus = EmbeddedBus()
    private let watches = PollWatches()

    private func history() async throws -> any History {
        let history = bus.history(HistoryConfiguration(stream: "S", subjects: ["t.>"]))
        try await history.open()
        return history
    }

    private func say(_ subject: String) { _ = bus.publish(BusMessage(subject: subject, payload: [])) }

    private func wait(
        _ history: any History, behind place: HistoryToken?,
        until deadline: ContinuousClock.Instant = .now + .seconds(60)
    ) async -> PollWatches.Outcome { await watches.wait(on: "t.x", in: history, behind: place, until: deadline) }

    /// Begins to wait, and returns when it does.
    private func waiting(
        _ history: any History, behind place: HistoryToken?
    ) async -> Task<PollWatches.Outcome, Never> {
        let waits = Task { await wait(history, behind: place) }
        while watches.isIdle { await Task.yield() }
        return waits
    }

    private func sequence(_ outcome: PollWatches.Outcome) -> UInt64? {
        switch outcome {
        case .nothing: nil
        case .started(let token), .changed(let token): token.sequence
        }
    }

    @Test("Without a place one learns where it is now")
    func started() async throws {
        let history = try await history()
        say("t.y")
        let outcome = await wait(history, behind: nil)
        guard case .started(let token) = outcome else { throw Unexpected("\(outcome)") }
        #expect(token.sequence == 1 && token.epoch != nil)
        #expect(watches.isIdle)
    }

    @Test("With a place one is told of what is behind it, once that is there")
    func changed() async throws {
        let history = try await history()
        guard case .started(let start) = await wait(history, behind: nil) else { throw Unexpected("no place") }
        let first = await waiting(history, behind: start)
        let second = Task { await wait(history, behind: start) }
        say("t.y")
        say("t.x")
        let news = await first.value
        #expect(news == .changed(HistoryToken(epoch: start.epoch, sequence: 2)))
        #expect(await sequence(second.value) ?? 0 >= 2)
        #expect(watches.isIdle)
    }

    @Test("A place of another life of the stream has news at once")
    func epochs() async throws {
        let history = try await history()
        let outcome = await wait(history, behind: HistoryToken(epoch: "other", sequence: 9))
        #expect(sequence(outcome) == 0)
    }

    @Test("Nothing, after the time or for who has left")
    func nothing() async throws {
        let history = try await history()
        let place = HistoryToken(sequence: 0)
        #expect(await wait(history, behind: place, until: .now) == .nothing)
        #expect(await wait(history, behind: place, until: .now + .milliseconds(5)) == .nothing)
        let left = await waiting(history, behind: place)
        left.cancel()
        #expect(await left.value == .nothing)
        #expect(watches.isIdle)
    }

    @Test("The end is the end")
    func end() async throws {
        let history = try await history()
        let place = HistoryToken(sequence: 0)
        let waits = await waiting(history, behind: place)
        watches.end()
        #expect(await waits.value == .nothing)
        #expect(await wait(history, behind: nil) == .nothing)
        #expect(watches.isIdle)
    }
}
