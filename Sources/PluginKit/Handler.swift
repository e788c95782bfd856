/// Life of a handler instance: made by its declaration's `make` → `start` → serves → `drain` → `stop`.
///
/// One instance serves every route with the same handler name and settings; a reload keeps it while both are unchanged.
/// `start`, `drain` and `stop` are called one after the other, never from an event loop.
public protocol Handler: Sendable {
    /// Opens what the instance needs. An error here refuses the configuration.
    func start() async throws
    /// The instance gets no new work; it may finish what it has.
    func drain() async
    /// Releases what the instance holds.
    func stop() async
}

extension Handler {
    public func start() async throws {}
    public func drain() async {}
    public func stop() async {}
}

/// Answers requests on a route.
public protocol HTTPHandler: Handler {
    /// Called on the connection's event loop, so it must not block: answer now, or return `.pending` and complete
    /// later.
    func respond(to request: Request) -> Reply
}

/// An `HTTPHandler` written as an async function. Costs a task (about 7 µs) for each request.
public protocol AsyncHTTPHandler: HTTPHandler {
    /// An error becomes a 500 whose body never shows it; the log does.
    func respond(to request: Request) async throws -> Response
}

extension AsyncHTTPHandler {
    public func respond(to request: Request) -> Reply {
        let pending = PendingResponse()
        let task = Task {
            do {
                pending.complete(try await self.respond(to: request) as Response)
            } catch {
                pending.fail(error)
            }
        }
        pending.onCancel { task.cancel() }
        return .pending(pending)
    }
}

/// What an `HTTPHandler` returns.
public enum Reply: Sendable {
    case now(Response)
    case pending(PendingResponse)
    /// The handler failed: the client gets a 500 with the request id, the log gets the error.
    case failed(any Error)
}

/// Answers WebSocket handshakes on a channel and the sockets that come of them.
public protocol SocketHandler: Handler {
    /// Decides on a handshake before any upgrade. On the connection's event loop; must not block.
    func admit(_ request: Request) -> Admission
}

/// What becomes of a handshake.
public enum Admission: Sendable {
    /// Upgrade; `open` is then called on the event loop with the new socket, before any message of it.
    case accept(subprotocol: String? = nil, open: @Sendable (any Socket) -> any SocketSession)
    /// Answer this instead of upgrading.
    case reject(Response)
}

/// One open socket, seen by its handler. All calls come on the socket's event loop, one at a time.
public protocol SocketSession {
    /// A whole message arrived.
    mutating func received(_ message: SocketMessage)
    /// The socket is gone; last call. `code` is the close code of RFC 6455 §7.4, 1006 if the connection just ended.
    mutating func closed(code: UInt16)
}

extension SocketSession {
    public mutating func closed(code: UInt16) {}
}

/// A WebSocket message.
public struct SocketMessage: Sendable {
    public enum Kind: Sendable { case text, binary }

    public var kind: Kind
    /// For text, valid UTF-8.
    public var payload: Payload

    public init(_ kind: Kind, _ payload: Payload) {
        self.kind = kind
        self.payload = payload
    }

    public static func text(_ text: String) -> SocketMessage { SocketMessage(.text, Payload(text: text)) }
}

/// The host's side of an open WebSocket.
///
/// What is asked for inside a hook takes effect when the hook returns, in order. From any other thread it takes effect
/// soon, on the socket's event loop, and not at all if the socket is gone by then.
public protocol Socket: AnyObject, Sendable {
    /// Sends a message to this client.
    func send(_ message: SocketMessage)
    /// Closes with a code of RFC 6455 §7.4 and a reason of at most 123 bytes.
    func close(code: UInt16, reason: String)
    /// Delivers what a feed carries to this client from now on, until it leaves or closes. A subject is joined once;
    /// joining it again changes nothing. The first feed's format and policies hold for all feeds of a socket.
    func join(_ feed: Feed)
    /// Undoes `join`.
    func leave(_ subject: String)
    /// Takes no message of this client until the congestion is relieved, or for a while at most; what it is sent goes
    /// on, pings included.
    func hold(until congestion: Congestion)
    /// Closes the socket with 3000 (Unauthorized, IANA's registry of close codes) at this time, in seconds since 1970;
    /// nil: never. The last call counts. The host begins with the expiry of the request's identity.
    func expire(at time: Int64?)
    /// Names this client in messages it publishes (``BusMessage/origin``); differs between processes too. Never 0.
    var id: UInt64 { get }
}

extension Socket {
    /// Delivers what is published on a subject (`*` and `>` allowed) to this client, as it is.
    public func join(_ subject: String) { join(Feed(subject)) }
}
