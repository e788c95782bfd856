import Synchronization

/// A response that comes later, from any thread.
///
/// Completing twice, or after the client has left, is harmless: the call returns false.
public final class PendingResponse: Sendable {
    private struct State {
        var outcome: Result<Response, any Error>?
        var deliver: (@Sendable (Result<Response, any Error>) -> Void)?
        var cancel: (@Sendable () -> Void)?
        var isCancelled = false
        var isDone = false
    }

    private let state = Mutex(State())

    public init() {}

    /// Answers the request. Returns false if it was answered or abandoned before.
    @discardableResult
    public func complete(_ response: Response) -> Bool { settle(.success(response)) }

    /// Answers with a 500; the error goes to the log.
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

    private func settle(_ outcome: Result<Response, any Error>) -> Bool {
        typealias Deliver = @Sendable (Result<Response, any Error>) -> Void
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
    public func deliver(to receiver: @escaping @Sendable (Result<Response, any Error>) -> Void) {
        let early = state.withLock { state -> Result<Response, any Error>? in
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
