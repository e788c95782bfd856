/// Publish and subscribe by subject, with a NATS server's semantics: embedded in the process, or a NATS server.
public protocol Bus: Sendable {
    /// False while the server is away: what is published waits in a bounded buffer, and new sockets are turned away.
    var isAvailable: Bool { get }

    /// Hands a message over without blocking; any thread. Messages of one thread keep their order.
    ///
    /// The answer is about the hand-over only: core publish/subscribe acknowledges nothing.
    func publish(_ message: BusMessage) -> PublishResult

    /// Delivers what is published on `subject` (`*` one token, `>` the rest) until the subscription is cancelled.
    /// - Parameters:
    ///   - queue: the members of a queue group share the messages; nil gets them all.
    ///   - deliver: called on a thread of the bus, in order; must not block.
    func subscribe(
        _ subject: String, queue: String?, deliver: @escaping @Sendable (BusMessage) -> Void
    ) -> any BusSubscription

    /// Publishes with a reply subject and waits for the first answer.
    func request(_ message: BusMessage, timeout: Duration) async throws(BusFailure) -> BusMessage

    /// Publishes to a subject that a stream keeps and waits until it is stored.
    /// - Parameter id: a message with an id that the stream has seen lately is not stored again.
    func store(_ message: BusMessage, id: String?, timeout: Duration) async throws(BusFailure) -> StoreReceipt

    /// The messages kept under `configuration`. Nothing happens before ``History/open()``.
    func history(_ configuration: HistoryConfiguration) -> any History

    /// Calls `handler` whenever the link to the server is lost or back, in order, from any thread.
    func watch(_ handler: @escaping @Sendable (BusEvent) -> Void) -> any BusSubscription
}

extension Bus {
    public var isAvailable: Bool { true }

    public func subscribe(
        _ subject: String, deliver: @escaping @Sendable (BusMessage) -> Void
    ) -> any BusSubscription {
        subscribe(subject, queue: nil, deliver: deliver)
    }
}

public protocol BusSubscription: Sendable {
    /// No message is delivered after this returns, but for those being delivered now on another thread.
    func cancel()
}

public enum PublishResult: Sendable, Equatable {
    case accepted
    /// Taken, but a subscriber of policy `block-publisher` is behind: publish no more until it is relieved.
    case congested(Congestion)
    /// The bus is away and its buffer full, or the subject cannot be published to. Nothing was published.
    case refused(reason: String)
    /// The payload has more bytes than the bus takes. Nothing was published.
    case tooLarge(limit: Int)
}

/// Why a request was not answered, or a message not stored.
public enum BusFailure: Error, Sendable, Equatable {
    /// Nobody subscribes to the subject; for `store`, no stream keeps it.
    case noResponders
    case timeout
    /// The bus is away, was lost while waiting, or does not take the message: its reason.
    case refused(String)
    case tooLarge(limit: Int)
}

/// What a stream says of a message it stored.
public struct StoreReceipt: Sendable, Equatable {
    public var stream: String
    public var token: HistoryToken
    /// The stream had it already, by its id.
    public var isDuplicate: Bool

    public init(stream: String, token: HistoryToken, isDuplicate: Bool) {
        self.stream = stream
        self.token = token
        self.isDuplicate = isDuplicate
    }
}

/// A change of the link to the bus.
public enum BusEvent: Sendable, Equatable {
    /// Lost: what others publish from now on is missed, unless a stream keeps it.
    case down(reason: String)
    case up
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
    /// In the order of the wire; a name may come more than once.
    public var headers: [(name: String, value: String)]
    /// Where an answer is expected.
    public var reply: String?
    /// The ``Socket/id`` of the client that published it, where that matters (`echo: false`); 0 otherwise. Between
    /// processes it travels as the header `Switchyard-Origin`.
    public var origin: UInt64
    /// Its place in the stream it was read from.
    public var position: StreamPosition?

    public init(
        subject: String, payload: Payload, frame: Frame = .unspecified, headers: [(name: String, value: String)] = [],
        reply: String? = nil, origin: UInt64 = 0, position: StreamPosition? = nil
    ) {
        self.subject = subject
        self.payload = payload
        self.frame = frame
        self.headers = headers
        self.reply = reply
        self.origin = origin
        self.position = position
    }
}

/// Where a message stands in a stream, and when it came there.
public struct StreamPosition: Sendable, Hashable {
    public var sequence: UInt64
    /// Nanoseconds since 1970.
    public var time: Int64

    public init(sequence: UInt64, time: Int64) {
        self.sequence = sequence
        self.time = time
    }
}
