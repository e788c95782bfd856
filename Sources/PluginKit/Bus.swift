/// Publish and subscribe by subject, with a NATS server's semantics: embedded in the process, or a NATS server.
public protocol Bus: Sendable {
    /// False while the server is away: what is published waits in a bounded buffer, and new sockets are turned away.
    var isAvailable: Bool { get }

    /// Hands a message over without blocking; any thread. Messages of one thread keep their order.
    ///
    /// The answer is about the hand-over only: core publish/subscribe acknowledges nothing.
    func publish(_ message: BusMessage) -> PublishResult

    /// Delivers what is published on `subject` (`*` one token, `>` the rest) until the subscription is cancelled.
    /// - Parameter deliver: called on a thread of the bus, in order; must not block.
    func subscribe(_ subject: String, deliver: @escaping @Sendable (BusMessage) -> Void) -> any BusSubscription
}

extension Bus {
    public var isAvailable: Bool { true }
}

public protocol BusSubscription: Sendable {
    /// No message is delivered after this returns, but for those being delivered now on another thread.
    func cancel()
}

public enum PublishResult: Sendable, Equatable {
    case accepted
    /// The bus is away and its buffer full, or the subject cannot be published to. Nothing was published.
    case refused(reason: String)
    /// The payload has more bytes than the bus takes. Nothing was published.
    case tooLarge(limit: Int)
}

/// A message on the bus.
public struct BusMessage: Sendable {
    /// What a WebSocket client gets it as. Between processes it travels as the header `Switchyard-Frame`.
    public enum Frame: Sendable {
        case text, binary
        /// Published by somebody else: text if it is valid UTF-8, else binary.
        case unspecified
    }

    public var subject: String
    public var payload: Payload
    public var frame: Frame

    public init(subject: String, payload: Payload, frame: Frame = .unspecified) {
        self.subject = subject
        self.payload = payload
        self.frame = frame
    }
}
