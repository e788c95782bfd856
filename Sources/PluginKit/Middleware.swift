/// A step around handlers: a guard in front (authentication, rate limits), or something that changes requests or
/// responses. Named under `use:` of a service, route or channel.
///
/// Steps run in the order they are written; responses pass them in the reverse order. All calls come on the
/// connection's event loop and must not block.
public protocol Middleware: Handler {
    /// Before the handler gets the request, and before a channel's upgrade.
    func before(_ request: inout Request) -> Passage

    /// A response on its way out: the handler's, or one that a later step or the gateway made instead. Not called where
    /// an earlier step answered, nor for a successful upgrade.
    func after(_ response: inout Response, to request: Request)

    /// Watches the messages of a socket that is about to open. Nil: it has nothing to say to them.
    func socketGuard(for request: Request) -> (any SocketGuard)?
}

extension Middleware {
    public func before(_ request: inout Request) -> Passage { .next }
    public func after(_ response: inout Response, to request: Request) {}
    public func socketGuard(for request: Request) -> (any SocketGuard)? { nil }
}

/// What a middleware says to a request.
public enum Passage: Sendable {
    /// On to the next step.
    case next
    /// This is the answer; the handler is not asked.
    case answer(Response)
    /// Decided later, from any thread. The deadline of the route's requests holds.
    case pending(PendingPassage)
}

/// A decision that comes later.
public typealias PendingPassage = Pending<LatePassage>

public enum LatePassage: Sendable {
    /// On to the next step with this request: the one that was asked about, changed or not.
    case next(Request)
    case answer(Response)
}

/// Watches what the client of one socket sends. On the socket's event loop.
public protocol SocketGuard {
    /// Before the handler's session gets the message.
    mutating func received(_ message: SocketMessage) -> SocketVerdict
    /// The socket is gone; last call.
    mutating func closed()
}

extension SocketGuard {
    public mutating func closed() {}
}

public enum SocketVerdict: Sendable, Equatable {
    case pass
    /// The message goes no further; it is counted under `reason`.
    case drop(reason: String)
    /// With a code of RFC 6455 §7.4.
    case close(code: UInt16, reason: String)
}
