import NIOCore
import PluginKit
import Synchronization

/// A bounded window of what was published on some subjects, numbered from 1. Any thread.
///
/// Its followers get each message once, in the order of the sequences: whoever appends while another thread is handing
/// out leaves it to that one.
final class EmbeddedStream: Sendable {
    /// What holds where the configuration gives no bound.
    enum Usual {
        static let messages = 1000
        static let bytes = 16 << 20
        static let age = Duration.seconds(3600)
        /// A message id is remembered as long as JetStream does by default.
        static let idAge: Int64 = 120_000_000_000
        static let ids = 100_000
    }

    private struct Follower {
        var pattern: String
        /// It gets what comes behind this sequence.
        var after: UInt64
        var deliver: @Sendable (HistoryEvent) -> Void
    }

    private enum Delivery {
        case message(BusMessage)
        case started(follower: UInt64, after: UInt64)
    }

    private struct State {
        var configuration: HistoryConfiguration
        var users = 1
        var window = EmbeddedWindow()
        var ids: [String: (sequence: UInt64, time: Int64)] = [:]
        var idOrder = CircularBuffer<(id: String, time: Int64)>()
        var followers: [UInt64: Follower] = [:]
        var lastFollower: UInt64 = 0
        var deliveries: [Delivery] = []
        var isDelivering = false
    }

    let name: String
    /// Of this life of the stream.
    let epoch = EmbeddedBus.unique()
    private let state: Mutex<State>

    init(_ configuration: HistoryConfiguration) {
        name = configuration.stream
        state = Mutex(State(configuration: configuration))
    }

    func configure(_ configuration: HistoryConfiguration) { state.withLock { $0.configuration = configuration } }

    func retain() { state.withLock { $0.users += 1 } }

    /// Returns whether that was the last user.
    func release() -> Bool {
        state.withLock { state in
            state.users -= 1
            return state.users == 0
        }
    }

    func keeps(_ subject: String) -> Bool {
        state.withLock { $0.configuration.subjects.contains { Subject.matches($0, subject) } }
    }

    /// Keeps a message and hands it to the followers, unless its id was seen lately.
    @discardableResult
    func append(_ message: BusMessage, id: String?) -> (token: HistoryToken, isDuplicate: Bool) {
        let now = WallClock.nanoseconds()
        let (sequence, isDuplicate) = state.withLock { state -> (UInt64, Bool) in
            if let id, let known = Self.known(id, now, &state) { return (known, true) }
            let sequence = state.window.append(message, time: now)
            if let id {
                state.ids[id] = (sequence, now)
                state.idOrder.append((id, now))
            }
            Self.trim(&state, now)
            if !state.followers.isEmpty {
                var kept = message
                kept.position = StreamPosition(sequence: sequence, time: now)
                state.deliveries.append(.message(kept))
            }
            return (sequence, false)
        }
        handOut()
        return (HistoryToken(epoch: epoch, sequence: sequence), isDuplicate)
    }

    func follow(_ pattern: String, deliver: @escaping @Sendable (HistoryEvent) -> Void) -> any BusSubscription {
        let number = state.withLock { state in
            state.lastFollower += 1
            let after = state.window.last
            state.followers[state.lastFollower] = Follower(pattern: pattern, after: after, deliver: deliver)
            state.deliveries.append(.started(follower: state.lastFollower, after: after))
            return state.lastFollower
        }
        handOut()
        return Following(stream: self, number: number)
    }

    func withWindow<Result: Sendable>(_ body: (inout EmbeddedWindow) -> Result) -> Result {
        state.withLock { state in
            Self.trim(&state, WallClock.nanoseconds())
            return body(&state.window)
        }
    }

    private static func known(_ id: String, _ now: Int64, _ state: inout State) -> UInt64? {
        while let oldest = state.idOrder.first, now - oldest.time > Usual.idAge || state.idOrder.count >= Usual.ids {
            state.idOrder.removeFirst()
            state.ids[oldest.id] = nil
        }
        return state.ids[id]?.sequence
    }

    private static func trim(_ state: inout State, _ now: Int64) {
        let configuration = state.configuration
        state.window.trim(
            messages: configuration.messages ?? Usual.messages, bytes: configuration.bytes ?? Usual.bytes,
            before: now - (configuration.age ?? Usual.age).nanoseconds)
    }

    /// One thread at a time, until nothing waits.
    private func handOut() {
        while true {
            let (deliveries, followers) = state.withLock { state -> ([Delivery], [UInt64: Follower]) in
                if state.isDelivering || state.deliveries.isEmpty { return ([], [:]) }
                state.isDelivering = true
                defer { state.deliveries = [] }
                return (state.deliveries, state.followers)
            }
            guard !deliveries.isEmpty else { return }
            for delivery in deliveries { hand(delivery, to: followers) }
            state.withLock { $0.isDelivering = false }
        }
    }

    private func hand(_ delivery: Delivery, to followers: [UInt64: Follower]) {
        switch delivery {
        case .started(let number, let after):
            followers[number]?.deliver(.started(after: HistoryToken(epoch: epoch, sequence: after)))
        case .message(let message):
            let sequence = message.position?.sequence ?? 0
            for follower in followers.values
            where sequence > follower.after && Subject.matches(follower.pattern, message.subject) {
                follower.deliver(.message(message))
            }
        }
    }

    private struct Following: BusSubscription {
        let stream: EmbeddedStream
        let number: UInt64

        func cancel() { stream.state.withLock { $0.followers[number] = nil } }
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        let (whole, overflows) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflows ? .max / 2 : whole + components.attoseconds / 1_000_000_000
    }
}
