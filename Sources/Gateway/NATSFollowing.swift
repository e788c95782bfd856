import NATSClient
import PluginKit
import Synchronization

/// Somebody who follows a JetStream stream: one ordered consumer on the server, until it is cancelled.
final class NATSFollowing: BusSubscription {
    private struct State {
        var consumer: NATSOrderedConsumer?
        var isCancelled = false
        /// Of the stream that is read; nil before the reading has begun.
        var epoch: String?
        /// The last sequence that was told.
        var last: UInt64 = 0
    }

    private let history: NATSHistory
    private let subject: String
    private let deliver: @Sendable (HistoryEvent) -> Void
    private let state = Mutex(State())

    init(_ history: NATSHistory, _ subject: String, _ deliver: @escaping @Sendable (HistoryEvent) -> Void) {
        self.history = history
        self.subject = subject
        self.deliver = deliver
        do throws(NATSJetStreamError) {
            let consumer = try history.jetStream.orderedConsumer(
                stream: history.stream, filter: subject, idleHeartbeat: history.bus.heartbeat
            ) { self.take($0) }
            state.withLock { $0.consumer = consumer }
        } catch {
            // Only for a name or subject that was checked before.
            _ = history.bus.refused(subject, "\(error)")
        }
    }

    /// On the event loop.
    private func take(_ event: NATSStreamEvent) {
        switch event {
        case .started(let position): started(position)
        case .message(let message):
            if advance(to: message.sequence) != nil { deliver(.message(NATSBus.message(message))) }
        case .skipped(let range):
            if let token = advance(to: range.upperBound) { deliver(.lost(after: token)) }
        case .reset(.deleted): history.streamIsGone()
        case .reset(.recreated), .reset(.rewound): break
        case .resumed: history.followersAreStalled(by: nil)
        case .stalled(let error): stalled(error)
        }
    }

    private func started(_ position: NATSStreamPosition) {
        history.bus.streams.learn(position.stream)
        history.followersAreStalled(by: nil)
        let (isCancelled, isFirst) = state.withLock { state in
            defer { (state.epoch, state.last) = (position.stream.epoch, position.after) }
            return (state.isCancelled, state.epoch == nil)
        }
        if isCancelled { return }
        let token = position.stream.token(position.after)
        deliver(isFirst ? .started(after: token) : .lost(after: token))
    }

    /// Everything up to a sequence is told. Returns up to where that reaches; nil if nobody listens any more.
    private func advance(to sequence: UInt64) -> HistoryToken? {
        state.withLock { state in
            guard !state.isCancelled, let epoch = state.epoch else { return nil }
            state.last = max(state.last, sequence)
            return HistoryToken(epoch: epoch, sequence: state.last)
        }
    }

    private func stalled(_ error: NATSJetStreamError) {
        if error.errorCode == NATSJetStreamAPIError.streamNotFound { return history.streamIsGone() }
        // The link's own troubles are told elsewhere.
        if case .request(let request) = error, request != .timeout, request != .noResponders { return }
        history.followersAreStalled(by: "\(error)")
    }

    func cancel() {
        let consumer = state.withLock { state in
            defer { state.consumer = nil }
            state.isCancelled = true
            return state.consumer
        }
        consumer?.cancel()
    }
}
