import PluginKit
import Synchronization

/// A stream of the embedded bus, as its users see it.
final class EmbeddedHistory: History {
    private let bus: EmbeddedBus
    private let configuration: HistoryConfiguration
    /// While it is open.
    private let use = Mutex<(stream: EmbeddedStream, user: Int)?>(nil)

    init(bus: EmbeddedBus, configuration: HistoryConfiguration) {
        self.bus = bus
        self.configuration = configuration
    }

    private var stream: EmbeddedStream? { use.withLock { $0?.stream } }

    func open() async throws {
        if let problem = configuration.problem { throw BusFailure.refused(problem) }
        use.withLock { if $0 == nil { $0 = bus.open(configuration) } }
    }

    func close() async {
        let closed = use.withLock { use in
            defer { use = nil }
            return use
        }
        if let closed { bus.close(closed.stream, user: closed.user) }
    }

    func follow(_ subject: String, deliver: @escaping @Sendable (HistoryEvent) -> Void) -> any BusSubscription {
        guard Subject.subscribeProblem(subject) == nil, let stream else {
            return EmbeddedBus.NoSubscription()
        }
        return stream.follow(subject, deliver: deliver)
    }

    func reader(_ subject: String, from start: HistoryStart) async throws -> any HistoryReader {
        guard let stream else {
            throw BusFailure.refused("the history '\(configuration.stream)' is not open")
        }
        if let problem = Subject.subscribeProblem(subject) { throw BusFailure.refused(problem) }
        return EmbeddedReader(stream: stream, pattern: subject, start: start)
    }
}

/// A reading of an embedded stream.
private final class EmbeddedReader: HistoryReader {
    private struct State {
        var position: UInt64
        /// To be given before what is behind `position`.
        var chosen: ArraySlice<BusMessage> = []
        var hasGap = false
        var wasRead = false
    }

    private let stream: EmbeddedStream
    private let pattern: String
    private let state: Mutex<State>

    init(stream: EmbeddedStream, pattern: String, start: HistoryStart) {
        self.stream = stream
        self.pattern = pattern
        let epoch = stream.epoch
        state = Mutex(
            stream.withWindow { window in
                switch start {
                case .after(let token):
                    let isOfThisLife = token.epoch == nil || token.epoch == epoch
                    guard isOfThisLife, token.sequence <= window.last else { return State(position: 0, hasGap: true) }
                    return State(position: token.sequence, hasGap: window.hasLost(pattern, after: token.sequence))
                case .last(let count):
                    return State(position: window.start(ofLast: count, pattern))
                case .lastPerSubject:
                    return State(position: window.last, chosen: window.lastPerSubject(pattern)[...])
                }
            })
    }

    func next(_ count: Int) async throws -> HistoryBatch {
        state.withLock { state in
            if !state.chosen.isEmpty {
                let messages = state.chosen.prefix(count)
                state.chosen = state.chosen.dropFirst(count)
                let position = state.chosen.isEmpty ? state.position : messages.last?.position?.sequence ?? 0
                return batch(Array(messages), position, isAtEnd: false, &state)
            }
            let (found, position, last, hasLost) = stream.withWindow { window in
                let (found, position) = window.read(pattern, after: state.position, max(1, count))
                return (found, position, window.last, window.hasLost(pattern, after: state.position))
            }
            // Not where the reading begins: `last` asked for what there is.
            state.hasGap = state.hasGap || state.wasRead && hasLost
            state.position = position
            return batch(found, position, isAtEnd: position >= last, &state)
        }
    }

    private func batch(
        _ messages: [BusMessage], _ position: UInt64, isAtEnd: Bool, _ state: inout State
    ) -> HistoryBatch {
        defer { (state.hasGap, state.wasRead) = (false, true) }
        return HistoryBatch(
            messages: messages, position: HistoryToken(epoch: stream.epoch, sequence: position), isAtEnd: isAtEnd,
            hasGap: state.hasGap)
    }

    func close() {}
}
