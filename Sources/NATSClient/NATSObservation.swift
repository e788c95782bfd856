internal import Synchronization

/// Somebody who wants to know of the state of a connection, from ``NATSConnection/observe(_:)``.
///
/// It lasts until ``cancel()`` or the end of the connection, whether or not somebody holds it.
public final class NATSObservation: Sendable {
    private enum Stage {
        case waiting
        case observing(UInt64)
        case cancelled
    }

    private let observers: NATSObservers
    private let stage = Mutex(Stage.waiting)

    init(_ observers: NATSObservers) { self.observers = observers }

    /// On the event loop, where all changes happen: none gets lost in between.
    func begin(with state: NATSState, _ handler: @escaping @Sendable (NATSState) -> Void) {
        let begins = stage.withLock { stage in
            if case .cancelled = stage { return false }
            stage = .observing(observers.add { if !self.isCancelled { handler($0) } })
            return true
        }
        if begins { handler(state) }
    }

    private var isCancelled: Bool { stage.withLock { if case .cancelled = $0 { true } else { false } } }

    /// Ends it; any thread, as often as you like. Called on the event loop, nothing is told after it returns.
    public func cancel() {
        stage.withLock { stage in
            if case .observing(let number) = stage { observers.remove(number) }
            stage = .cancelled
        }
    }
}
