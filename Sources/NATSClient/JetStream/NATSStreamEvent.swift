/// What an ordered consumer tells, in order.
public enum NATSStreamEvent: Sendable {
    /// It reads: first of all, and again after each ``reset(_:)``. All matching messages behind the position follow,
    /// each once, in the order of their sequences.
    case started(NATSStreamPosition)
    case message(NATSStreamMessage)
    /// These sequences left the stream, by its limits or a purge, before it was certain that they were read. Whether
    /// any matched is not known; with a filter some may have been given.
    case skipped(ClosedRange<UInt64>)
    /// Sequences seen so far mean nothing any more; ``started(_:)`` follows when there is a stream again.
    case reset(NATSStreamReset)
    /// Nothing comes for now. Told again if the reason changes.
    case stalled(NATSJetStreamError)
    /// It reads again, where it was.
    case resumed
}

/// Where an ordered consumer begins to read.
public struct NATSStreamPosition: Sendable, Equatable {
    /// Nothing up to this sequence is given, everything that matches behind it is. For ``NATSStreamStart/new`` it is
    /// the stream's latest sequence. (With ``NATSStreamStart/lastPerSubject`` the first messages are a selection.)
    public var after: UInt64
    /// Matching messages that were stored already.
    public var pending: UInt64
    /// The stream.
    public var stream: NATSStreamInfo
}

/// Why sequences seen so far mean nothing any more.
public enum NATSStreamReset: Sendable, Equatable {
    /// There is no stream of this name any more. If one is made, it is read from its first message.
    case deleted
    /// The stream was deleted and made anew. It is read from its first message.
    case recreated
    /// The stream lost its latest messages, in a restore from a backup for one. Only what is new is read.
    case rewound
}
