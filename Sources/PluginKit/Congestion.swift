import Synchronization

/// A subscriber with the policy `block-publisher` is behind; publishers wait until it is relieved. Any thread.
public final class Congestion: Sendable {
    private struct State {
        var isRelieved = false
        var waiting: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    public init() {}

    public var isRelieved: Bool { state.withLock { $0.isRelieved } }

    /// Runs `action` once there is room again: at once if there is already, else on the relieving thread.
    public func whenRelieved(_ action: @escaping @Sendable () -> Void) {
        let isRelieved = state.withLock { state in
            if !state.isRelieved { state.waiting.append(action) }
            return state.isRelieved
        }
        if isRelieved { action() }
    }

    /// For the bus: there is room again. Once is enough.
    public func relieve() {
        let waiting = state.withLock { state in
            state.isRelieved = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for action in waiting { action() }
    }
}

extension Congestion: Equatable {
    public static func == (a: Congestion, b: Congestion) -> Bool { a === b }
}
