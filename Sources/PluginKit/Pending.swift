import Synchronization

/// A response that comes later, from any thread.
public typealias PendingResponse = Pending<Response>

/// An answer that comes later, from any thread.
///
/// Completing twice, or after the client has left, is harmless: the call returns false.
public final class Pending<Value: Sendable>: Sendable {
    private struct State {
        var outcome: Result<Value, any Error>?
        var deliver: (@Sendable (Result<Value, any Error>) -> Void)?
        var cancel: (@Sendable () -> Void)?
        var isCancelled = false
        var isDone = false
    }

    private let state = Mutex(State())

    public init() {}

    /// Gives the answer. Returns false if it was answered or abandoned before.
    @discardableResult
    public func complete(_ value: Value) -> Bool { settle(.success(value)) }

    /// There is none: the client gets a 500, the log gets the error.
    @discardableResult
    public func fail(_ error: any Error) -> Bool { settle(.failure(error)) }

    /// Runs `action` once if the client leaves or the deadline passes before the answer. From any thread.
    public func onCancel(_ action: @escaping @Sendable () -> Void) {
        let late = state.withLock { state in
            if !state.isDone { state.cancel = action }
            return state.isCancelled
        }
        if late { action() }
    }

    private func settle(_ outcome: Result<Value, any Error>) -> Bool {
        typealias Deliver = @Sendable (Result<Value, any Error>) -> Void
        let (accepted, deliver) = state.withLock { state -> (Bool, Deliver?) in
            guard !state.isDone else { return (false, nil) }
            state.isDone = true
            state.cancel = nil
            if state.deliver == nil { state.outcome = outcome }
            defer { state.deliver = nil }
            return (true, state.deliver)
        }
        deliver?(outcome)
        return accepted
    }

    /// For the host: where the outcome goes. Called at once if it is already there, on the completing thread otherwise.
    public func deliver(to receiver: @escaping @Sendable (Result<Value, any Error>) -> Void) {
        let early = state.withLock { state -> Result<Value, any Error>? in
            if state.outcome == nil, !state.isDone { state.deliver = receiver }
            defer { state.outcome = nil }
            return state.outcome
        }
        if let early { receiver(early) }
    }

    /// For the host: nobody waits any more.
    public func cancel() {
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            guard !state.isDone else { return nil }
            state.isDone = true
            state.isCancelled = true
            state.deliver = nil
            defer { state.cancel = nil }
            return state.cancel
        }
        action?()
    }
}
