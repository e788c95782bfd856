import NIOCore
import PluginKit
import Synchronization

/// A bounded window of what was published on some subjects, numbered from 1. Any thread.
///
/// Its followers get each message once, in the order of the sequences: whoever appends while another thread is handing
/// out leaves it to that one. It keeps what any of its users asks for, within the bounds that the latest of them gave.
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

    private final class Follower: Sendable {
        let pattern: String
        /// It gets what comes behind this sequence.
        let after: UInt64
        let isCancelled = Atomic(false)
        private let deliver: @Sendable (HistoryEvent) -> Void

        init(pattern: String, after: UInt64, deliver: @escaping @Sendable (HistoryEvent) -> Void) {
            (self.pattern, self.after, self.deliver) = (pattern, after, deliver)
        }

        func tell(_ event: HistoryEvent) {
            if !isCancelled.load(ordering: .acquiring) { deliver(event) }
        }
    }

    private enum Delivery {
        /// For those who followed when it came.
        case message(BusMessage, [SubjectTable<Follower>.Entry])
        case started(Follower)
    }

    private struct State {
        var users: [(number: Int, configuration: HistoryConfiguration)] = []
        var lastUser = 0
        var window = EmbeddedWindow()
        var ids: [String: (sequence: UInt64, time: Int64)] = [:]
        var idOrder = CircularBuffer<(id: String, time: Int64)>()
        var followers = SubjectTable<Follower>()
        var lastFollower: UInt64 = 0
        var deliveries: [Delivery] = []
        var isDelivering = false
    }

    let name: String
    /// Of this life of the stream.
    let epoch = EmbeddedBus.unique()
    private let state = Mutex(State())

    init(named name: String) { self.name = name }

    /// One more user. Returns the number to remove it by.
    func add(_ configuration: HistoryConfiguration) -> Int {
        state.withLock { state in
            state.lastUser += 1
            state.users.append((state.lastUser, configuration))
            return state.lastUser
        }
    }

    /// Returns whether that was the last user.
    func remove(_ user: Int) -> Bool {
        state.withLock { state in
            state.users.removeAll { $0.number == user }
            return state.users.isEmpty
        }
    }

    func keeps(_ subject: String) -> Bool {
        state.withLock { state in
            state.users.contains { $0.configuration.subjects.contains { Subject.matches($0, subject) } }
        }
    }

    /// Keeps a message and hands it to the followers, unless its id was seen lately.
    @discardableResult
    func append(_ message: BusMessage) -> (token: HistoryToken, isDuplicate: Bool) {
        let now = WallClock.nanoseconds()
        let (sequence, isDuplicate) = state.withLock { state -> (UInt64, Bool) in
            let id = message.messageID
            if let id, let known = Self.known(id, now, &state) { return (known, true) }
            let kept = state.window.append(message, time: now)
            if let id {
                state.ids[id] = (state.window.last, now)
                state.idOrder.append((id, now))
            }
            Self.trim(&state, now)
            let followers = state.followers.matches(kept.subject)
            if !followers.isEmpty { state.deliveries.append(.message(kept, followers)) }
            return (state.window.last, false)
        }
        handOut()
        return (HistoryToken(epoch: epoch, sequence: sequence), isDuplicate)
    }

    func follow(_ pattern: String, deliver: @escaping @Sendable (HistoryEvent) -> Void) -> any BusSubscription {
        let (number, follower) = state.withLock { state in
            state.lastFollower += 1
            let follower = Follower(pattern: pattern, after: state.window.last, deliver: deliver)
            state.followers.insert(follower, id: state.lastFollower, pattern: pattern)
            state.deliveries.append(.started(follower))
            return (state.lastFollower, follower)
        }
        handOut()
        return Following(stream: self, number: number, follower: follower)
    }

    func withWindow<Result: Sendable>(_ body: (inout EmbeddedWindow) -> Result) -> Result {
        state.withLock { state in
            Self.trim(&state, WallClock.nanoseconds())
            return body(&state.window)
        }
    }

    private static func known(_ id: String, _ now: Int64, _ state: inout State) -> UInt64? {
        let age = min(Usual.idAge, (state.users.last?.configuration.age ?? Usual.age).nanoseconds)
        while let oldest = state.idOrder.first, now - oldest.time > age || state.idOrder.count >= Usual.ids {
            state.idOrder.removeFirst()
            state.ids[oldest.id] = nil
        }
        return state.ids[id]?.sequence
    }

    private static func trim(_ state: inout State, _ now: Int64) {
        let bounds = state.users.last?.configuration
        state.window.trim(
            messages: bounds?.messages ?? Usual.messages, bytes: bounds?.bytes ?? Usual.bytes,
            before: now - (bounds?.age ?? Usual.age).nanoseconds)
    }

    /// One thread at a time, until nothing waits.
    private func handOut() {
        while true {
            let deliveries = state.withLock { state -> [Delivery] in
                if state.isDelivering || state.deliveries.isEmpty { return [] }
                state.isDelivering = true
                defer { state.deliveries = [] }
                return state.deliveries
            }
            guard !deliveries.isEmpty else { return }
            for delivery in deliveries { hand(delivery) }
            state.withLock { $0.isDelivering = false }
        }
    }

    private func hand(_ delivery: Delivery) {
        switch delivery {
        case .started(let follower):
            follower.tell(.started(after: HistoryToken(epoch: epoch, sequence: follower.after)))
        case .message(let message, let followers):
            for follower in followers { follower.value.tell(.message(message)) }
        }
    }

    private struct Following: BusSubscription {
        let stream: EmbeddedStream
        let number: UInt64
        let follower: Follower

        func cancel() {
            follower.isCancelled.store(true, ordering: .releasing)
            stream.state.withLock { _ = $0.followers.remove(id: number, pattern: follower.pattern) }
        }
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        let (whole, overflows) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflows ? .max / 2 : whole + components.attoseconds / 1_000_000_000
    }
}
