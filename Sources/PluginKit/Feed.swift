/// What a client wants to hear, and in which shape. A socket joins it; an event stream is made of it.
public struct Feed: Sendable {
    public enum Format: Sendable, Hashable {
        /// The payload alone, as a text or binary message.
        case raw
        /// A JSON object with subject, sequence, headers, time and data; the gateway's own notices (a gap, messages
        /// dropped, the bus down or up) come in between as objects of other types.
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
    /// Begin with kept messages and go on live without a gap.
    public var replay: Replay?

    public struct Replay: Sendable {
        public var history: any History
        public var start: HistoryStart

        public init(history: any History, start: HistoryStart) {
            self.history = history
            self.start = start
        }
    }

    public init(
        _ subject: String, format: Format = .raw, skipsOwn: Bool = false, slowPolicy: SlowPolicy = .close,
        replay: Replay? = nil
    ) {
        self.subject = subject
        self.format = format
        self.skipsOwn = skipsOwn
        self.slowPolicy = slowPolicy
        self.replay = replay
    }
}

/// Feeds as the body of a response: Server-Sent Events (WHATWG HTML §9.2), until the client leaves.
public struct EventFeed: Sendable {
    public var feeds: [Feed]
    /// A comment goes out when nothing else has for so long.
    public var heartbeat: Duration
    /// What the client is told to wait before it reconnects.
    public var retry: Duration?
    /// The stream ends when the identity it was opened with expires, in seconds since 1970.
    public var expires: Int64?

    public init(_ feeds: [Feed], heartbeat: Duration = .seconds(15), retry: Duration? = nil, expires: Int64? = nil) {
        self.feeds = feeds
        self.heartbeat = heartbeat
        self.retry = retry
        self.expires = expires
    }
}
