package import PluginKit
import Synchronization

/// The bus inside the process: a NATS server's subject semantics without a server.
///
/// A message is handed to every matching subscription on the publisher's thread, before `publish` returns. What a
/// stream keeps reaches its followers in the order of its sequences, on the thread of one of the publishers.
package final class EmbeddedBus: Bus {
    struct Subscriber: Sendable {
        /// Members of one group share the messages.
        var queue: String?
        /// Of a subscriber for whom publishers wait when it is behind.
        var congestion: (@Sendable (BusMessage) -> Congestion?)?
        var deliver: @Sendable (BusMessage) -> Void
    }

    private struct State {
        var table = SubjectTable<Subscriber>()
        var lastID: UInt64 = 0
        /// Subscribers that share, or that publishers wait for: without any, delivering is a plain walk.
        var specialCount = 0
        /// In the order they were opened.
        var streams: [EmbeddedStream] = []
    }

    /// Where a message goes.
    private typealias Destinations = (
        subscribers: [SubjectTable<Subscriber>.Entry], isPlain: Bool, streams: [EmbeddedStream]
    )

    /// A NATS server's default `max_payload`, so that what works embedded works on a server.
    package static let maxPayload = 1 << 20

    private let state = Mutex(State())

    package init() {}

    package func publish(_ message: BusMessage) -> PublishResult {
        if let refusal = Self.refusal(of: message) { return refusal }
        let message = message.arrived
        let (subscribers, isPlain, streams) = destinations(message.subject)
        for stream in streams where stream.keeps(message.subject) { stream.append(message) }
        if isPlain {
            for entry in subscribers { entry.value.deliver(message) }
            return .accepted
        }
        return deliver(message, to: subscribers)
    }

    package func store(_ message: BusMessage, id: String?, timeout: Duration) async throws(BusFailure) -> StoreReceipt {
        var message = message
        if let id { message.headers.append((BusMessage.idHeader, id)) }
        if let failure = Self.failure(of: message) { throw failure }
        message = message.arrived
        let (subscribers, _, streams) = destinations(message.subject)
        let keeping = streams.filter { $0.keeps(message.subject) }
        guard let first = keeping.first else { throw .noResponders }
        let (token, isDuplicate) = first.append(message)
        for stream in keeping.dropFirst() { stream.append(message) }
        // Subscribers know nothing of streams: they get what was sent again, again.
        _ = deliver(message, to: subscribers)
        return StoreReceipt(stream: first.name, token: token, isDuplicate: isDuplicate)
    }

    /// Whether anybody would get a message on `subject`.
    func hasSubscribers(_ subject: String) -> Bool { state.withLock { !$0.table.matches(subject).isEmpty } }

    private func destinations(_ subject: String) -> Destinations {
        state.withLock { ($0.table.matches(subject), $0.specialCount == 0, $0.streams) }
    }

    /// With queue groups, of which one member gets it, and subscribers that publishers wait for.
    private func deliver(_ message: BusMessage, to subscribers: [SubjectTable<Subscriber>.Entry]) -> PublishResult {
        var groups: [String: [Subscriber]] = [:]
        for entry in subscribers {
            if let queue = entry.value.queue {
                groups[queue, default: []].append(entry.value)
            } else {
                entry.value.deliver(message)
            }
        }
        for members in groups.values { members.randomElement()?.deliver(message) }
        let congestion = subscribers.lazy.compactMap { $0.value.congestion?(message) }.first
        return congestion.map { .congested($0) } ?? .accepted
    }

    package func subscribe(
        _ subject: String, queue: String?, deliver: @escaping @Sendable (BusMessage) -> Void
    ) -> any BusSubscription {
        subscribe(subject, queue: queue, congestion: nil, deliver: deliver)
    }

    /// - Parameter congestion: asked after each delivery; what it answers is the publisher's to wait for.
    package func subscribe(
        _ subject: String, queue: String?, congestion: (@Sendable (BusMessage) -> Congestion?)?,
        deliver: @escaping @Sendable (BusMessage) -> Void
    ) -> any BusSubscription {
        // A server would answer with an error and deliver nothing.
        if Subject.subscribeProblem(subject) != nil || queue?.isEmpty == true { return NoSubscription() }
        let isSpecial = queue != nil || congestion != nil
        let id = state.withLock { state in
            state.lastID += 1
            state.specialCount += isSpecial ? 1 : 0
            let subscriber = Subscriber(queue: queue, congestion: congestion, deliver: deliver)
            state.table.insert(subscriber, id: state.lastID, pattern: subject)
            return state.lastID
        }
        return Subscription(bus: self, id: id, subject: subject, isSpecial: isSpecial)
    }

    /// The link to a bus in the same process is never lost.
    package func watch(_ handler: @escaping @Sendable (BusEvent) -> Void) -> any BusSubscription { NoSubscription() }

    /// True once every subscription is cancelled.
    package var isIdle: Bool { state.withLock { $0.table.isEmpty && $0.specialCount == 0 } }

    struct NoSubscription: BusSubscription {
        func cancel() {}
    }

    private struct Subscription: BusSubscription {
        let bus: EmbeddedBus
        let id: UInt64
        let subject: String
        let isSpecial: Bool

        func cancel() {
            bus.state.withLock { state in
                guard state.table.remove(id: id, pattern: subject), isSpecial else { return }
                state.specialCount -= 1
            }
        }
    }

    // MARK: Streams

    package func history(_ configuration: HistoryConfiguration) -> any History {
        EmbeddedHistory(bus: self, configuration: configuration)
    }

    /// One more user of a stream, which keeps what any of them asks for. Returns the user's number.
    func open(_ configuration: HistoryConfiguration) -> (EmbeddedStream, user: Int) {
        state.withLock { state in
            let known = state.streams.first { $0.name == configuration.stream }
            let stream = known ?? EmbeddedStream(named: configuration.stream)
            if known == nil { state.streams.append(stream) }
            return (stream, stream.add(configuration))
        }
    }

    /// One user less; with the last the stream and what it kept are gone.
    func close(_ stream: EmbeddedStream, user: Int) {
        state.withLock { state in
            if stream.remove(user) { state.streams.removeAll { $0 === stream } }
        }
    }
}
