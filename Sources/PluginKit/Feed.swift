/// What a client wants to hear, and in which shape. A socket joins it; an event stream is made of it.
public struct Feed: Sendable {
    public enum Format: Sendable, Hashable {
        /// The payload alone, as a text or binary message. The gateway's own notices are not sent.
        case raw
        /// A JSON object for each message and notice: ``Envelope``.
        case envelope
    }

    /// What happens to a client that is further behind than its route allows.
    public enum SlowPolicy: Sendable, Hashable {
        /// Closed with 1013.
        case close
        /// Loses its oldest messages and is told how many; needs `Format.envelope` or an event stream.
        case dropOldest
        /// Those who publish wait. Only on the embedded bus; elsewhere as `close`.
        case blockPublisher
    }

    /// A subject; `*` and `>` allowed.
    public var subject: String
    public var format: Format
    /// The client does not hear what it published itself (``BusMessage/origin``).
    public var skipsOwn: Bool
    public var slowPolicy: SlowPolicy
    /// How old a message may be that still waits for the client, before the slow policy holds; nil: as old as it gets.
    public var maxLag: Duration?
    /// Where the messages come from: a stream that keeps them, so that each has a position; nil: the bus itself.
    public var history: (any History)?
    /// Begin with kept messages of `history` and go on live without a gap; nil: only what comes from now on.
    public var start: HistoryStart?

    public init(
        _ subject: String, format: Format = .raw, skipsOwn: Bool = false, slowPolicy: SlowPolicy = .close,
        maxLag: Duration? = nil, history: (any History)? = nil, start: HistoryStart? = nil
    ) {
        self.subject = subject
        self.format = format
        self.skipsOwn = skipsOwn
        self.slowPolicy = slowPolicy
        self.maxLag = maxLag
        self.history = history
        self.start = start
    }
}

/// Feeds as the body of a response: Server-Sent Events (WHATWG HTML §9.2), until the client leaves.
///
/// An event's `id` is its place in the stream, where there is one; its data is what the feed's format makes of it.
/// Notices are events of the type `gap`, `dropped`, `bus` or `live`, in either format.
public struct EventFeed: Sendable {
    public var feeds: [Feed]
    /// A comment goes out when nothing else has for so long; to the second.
    public var heartbeat: Duration
    /// What the client is told to wait before it reconnects.
    public var retry: Duration?
    /// The stream ends when the identity it was opened with expires, in seconds since 1970.
    public var expires: Int64?
    /// Called on the connection's event loop when the body begins, which it does not in an answer to HEAD.
    public var onBegin: (@Sendable () -> Void)?
    /// Called once after `onBegin`, on the connection's event loop, when the client has left or the stream has ended.
    public var onEnd: (@Sendable () -> Void)?

    public init(
        _ feeds: [Feed], heartbeat: Duration = .seconds(15), retry: Duration? = nil, expires: Int64? = nil,
        onBegin: (@Sendable () -> Void)? = nil, onEnd: (@Sendable () -> Void)? = nil
    ) {
        self.feeds = feeds
        self.heartbeat = heartbeat
        self.retry = retry
        self.expires = expires
        self.onBegin = onBegin
        self.onEnd = onEnd
    }
}
