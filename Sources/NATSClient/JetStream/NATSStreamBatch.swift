/// What a ``NATSStreamReader`` read at once.
public struct NATSStreamBatch: Sendable {
    /// In the order of their sequences. None: nothing is left for now.
    public var messages: [NATSStreamMessage]
    /// Matching messages left to read, when the last of these was sent.
    public var pending: UInt64
    /// Every matching message up to this sequence has been read, in this batch or before, or is in ``lost``.
    public var lastSequence: UInt64
    /// Sequences that left the stream before they could be read, by its limits or a purge. Whether any matched is not
    /// known.
    public var lost: ClosedRange<UInt64>?
    /// When this stream was made, and what it had before the batch was asked for.
    public var stream: NATSStreamInfo

    /// Nothing is left to read for now.
    public var isCaughtUp: Bool { pending == 0 }
}
