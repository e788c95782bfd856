package import PluginKit
import Synchronization

/// The bus inside the process: a NATS server's subject semantics without a server.
///
/// A message is handed to every matching subscription on the publisher's thread, before `publish` returns.
package final class EmbeddedBus: Bus {
    private typealias Deliver = @Sendable (BusMessage) -> Void

    private struct State {
        var table = SubjectTable<Deliver>()
        var lastID: UInt64 = 0
    }

    /// A NATS server's default `max_payload`, so that what works embedded works on a server.
    package static let maxPayload = 1 << 20

    private let state = Mutex(State())

    package init() {}

    package func publish(_ message: BusMessage) -> PublishResult {
        if let problem = Subject.publishProblem(message.subject) { return .refused(reason: problem) }
        guard message.payload.count <= Self.maxPayload else { return .tooLarge(limit: Self.maxPayload) }
        for entry in state.withLock({ $0.table.matches(message.subject) }) { entry.value(message) }
        return .accepted
    }

    package func subscribe(
        _ subject: String, queue: String?, deliver: @escaping @Sendable (BusMessage) -> Void
    ) -> any BusSubscription {
        // A server would answer with an error and deliver nothing.
        if Subject.subscribeProblem(subject) != nil { return NoSubscription() }
        let id = state.withLock { state in
            state.lastID += 1
            state.table.insert(deliver, id: state.lastID, pattern: subject)
            return state.lastID
        }
        return Subscription(bus: self, id: id, subject: subject)
    }

    /// True once every subscription is cancelled.
    package var isIdle: Bool { state.withLock { $0.table.isEmpty } }

    private struct NoSubscription: BusSubscription {
        func cancel() {}
    }

    private struct Subscription: BusSubscription {
        let bus: EmbeddedBus
        let id: UInt64
        let subject: String

        func cancel() { bus.state.withLock { $0.table.remove(id: id, pattern: subject) } }
    }
}
