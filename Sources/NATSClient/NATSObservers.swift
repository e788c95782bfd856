internal import Synchronization

/// Who wants to know of the state of the connection for a while.
final class NATSObservers: Sendable {
    private struct Contents {
        var handlers: [UInt64: @Sendable (NATSState) -> Void] = [:]
        var lastNumber: UInt64 = 0
    }

    private let contents = Mutex(Contents())

    /// Calls `handler` on the event loop at each change until it is removed. Returns the number to remove it by.
    func add(_ handler: @escaping @Sendable (NATSState) -> Void) -> UInt64 {
        contents.withLock { contents in
            contents.lastNumber += 1
            contents.handlers[contents.lastNumber] = handler
            return contents.lastNumber
        }
    }

    func remove(_ number: UInt64) { _ = contents.withLock { $0.handlers.removeValue(forKey: number) } }

    /// On the event loop.
    func stateChanged(_ state: NATSState) {
        let handlers = contents.withLock { contents in
            defer { if case .closed = state { contents.handlers = [:] } }
            return Array(contents.handlers.values)
        }
        for handler in handlers { handler(state) }
    }
}
