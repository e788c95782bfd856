import Synchronization

/// How many connections may be open at once, counted over all event loops. Any thread.
package final class ConnectionBudget: Sendable {
    private let limit: Atomic<Int>
    private let open = Atomic(0)
    private let refused = Atomic(0)

    /// - Parameter limit: nil: as many as the system allows.
    package init(limit: Int?) {
        self.limit = Atomic(limit ?? .max)
    }

    /// From now on; connections that are open stay.
    package func set(limit: Int?) { self.limit.store(limit ?? .max, ordering: .relaxed) }

    /// Connections turned away since the start.
    package var refusedCount: Int { refused.load(ordering: .relaxed) }

    /// Takes a place, or none if all are taken.
    func enter() -> Bool {
        let count = open.wrappingAdd(1, ordering: .relaxed).newValue
        if count <= limit.load(ordering: .relaxed) { return true }
        open.wrappingSubtract(1, ordering: .relaxed)
        refused.wrappingAdd(1, ordering: .relaxed)
        return false
    }

    func leave() { open.wrappingSubtract(1, ordering: .relaxed) }
}
