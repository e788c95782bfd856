import PluginKit
import Synchronization
import TestSupport

/// A stream whose readers hear of messages later than its followers, or earlier, and that can be made anew.
///
/// The text of a message is its token.
final class LaggingHistory: History {
    private struct Follower {
        var deliver: @Sendable (HistoryEvent) -> Void
        var waiting: [HistoryEvent]
    }

    private struct State {
        var random: SeededGenerator
        var life = 0
        /// How many messages each life has had.
        var counts: [UInt64] = [0]
        var followers: [Int: Follower] = [:]
        var lastFollower = 0

        var last: HistoryToken { HistoryToken(epoch: "e\(life)", sequence: counts[life]) }
    }

    private let state: Mutex<State>

    init(_ seed: Int) {
        state = Mutex(State(random: SeededGenerator(seed: UInt64(seed) &+ 500)))
    }

    var last: HistoryToken { state.withLock { $0.last } }

    func open() async throws {}
    func close() async {}

    // MARK: The test's side

    func publish(_ count: Int) {
        state.withLock { state in
            for _ in 0..<count {
                state.counts[state.life] += 1
                let message = Self.message(state.last)
                for id in state.followers.keys { state.followers[id]?.waiting.append(.message(message)) }
            }
        }
    }

    func makeAnew() {
        state.withLock { state in
            state.life += 1
            state.counts.append(0)
            let last = state.last
            for id in state.followers.keys { state.followers[id]?.waiting.append(.lost(after: last)) }
        }
    }

    /// Hands out what waits for the followers, as far as `count` goes for each.
    func deliver(_ count: Int) {
        state.withLock { state in
            for (id, follower) in state.followers {
                for event in follower.waiting.prefix(count) { follower.deliver(event) }
                state.followers[id]?.waiting = Array(follower.waiting.dropFirst(count))
            }
        }
    }

    /// Somewhere to begin.
    func start(_ random: inout SeededGenerator) -> HistoryStart {
        let last = last
        switch random.below(3) {
        case 0: return .after(HistoryToken(epoch: last.epoch, sequence: UInt64(random.below(Int(last.sequence) + 1))))
        case 1: return .after(HistoryToken(epoch: "e0", sequence: 0))
        default: return .last(random.below(20))
        }
    }

    private static func message(_ token: HistoryToken) -> BusMessage {
        BusMessage(
            subject: "s", payload: Payload(text: token.description),
            position: StreamPosition(sequence: token.sequence, time: 0))
    }

    // MARK: History

    func follow(
        _ subject: String, deliver: @escaping @Sendable (HistoryEvent) -> Void
    ) -> any BusSubscription {
        let id = state.withLock { state in
            state.lastFollower += 1
            state.followers[state.lastFollower] = Follower(deliver: deliver, waiting: [.started(after: state.last)])
            return state.lastFollower
        }
        return Following(history: self, id: id)
    }

    private struct Following: BusSubscription {
        let history: LaggingHistory
        let id: Int

        func cancel() { history.state.withLock { $0.followers[id] = nil } }
    }

    func reader(_ subject: String, from start: HistoryStart) async throws -> any HistoryReader {
        await Task.yield()
        return state.withLock { state in
            let life = state.life
            switch start {
            case .after(let token) where token.epoch == "e\(life)":
                return Reader(history: self, life: life, position: token.sequence, hasGap: false)
            case .after: return Reader(history: self, life: life, position: 0, hasGap: true)
            case .last(let count):
                let last = state.counts[life]
                return Reader(history: self, life: life, position: last - min(last, UInt64(count)), hasGap: false)
            case .lastPerSubject:
                return Reader(history: self, life: life, position: max(1, state.counts[life]) - 1, hasGap: false)
            }
        }
    }

    private final class Reader: HistoryReader {
        private let history: LaggingHistory
        private let life: Int
        private let progress: Mutex<(position: UInt64, hasGap: Bool)>

        init(history: LaggingHistory, life: Int, position: UInt64, hasGap: Bool) {
            self.history = history
            self.life = life
            progress = Mutex((position, hasGap))
        }

        func next(_ count: Int) async throws -> HistoryBatch {
            for _ in 0..<history.state.withLock({ $0.random.below(4) }) { await Task.yield() }
            return progress.withLock { progress in
                history.state.withLock { state in
                    // The newest may not have come to where it is read.
                    let lag = state.random.below(2) == 0 ? UInt64(state.random.below(4)) : 0
                    let visible = max(progress.position, state.counts[life] - min(lag, state.counts[life]))
                    let end = min(visible, progress.position + UInt64(1 + state.random.below(30)))
                    defer { progress = (end, false) }
                    let epoch = "e\(life)"
                    return HistoryBatch(
                        messages: (progress.position..<end).map {
                            LaggingHistory.message(HistoryToken(epoch: epoch, sequence: $0 + 1))
                        },
                        position: HistoryToken(epoch: epoch, sequence: end), isAtEnd: end == visible,
                        hasGap: progress.hasGap)
                }
            }
        }

        func close() {}
    }
}
