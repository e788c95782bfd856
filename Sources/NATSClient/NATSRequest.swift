/// A request that was made with a callback.
public struct NATSRequest: Sendable {
    let number: UInt64
    let requests: NATSRequests

    /// Lets go of it, from any thread, as often as you like: its callback is not called any more, unless it is being
    /// called now on the event loop.
    public func cancel() { requests.forget(number) }
}
