/// Counters of a connection since it was made, in messages where nothing else is said.
public struct NATSStatistics: Sendable, Equatable {
    /// Accepted publishes.
    public var published: UInt64 = 0
    /// Refused publishes.
    public var refused: UInt64 = 0
    /// Messages that came for a living subscription.
    public var received: UInt64 = 0
    /// Links made after the first one.
    public var reconnects: UInt64 = 0
    /// Publishes given to a link that died before the server confirmed them: delivered or not, nobody knows.
    public var maybeLost: UInt64 = 0
    /// Accepted publishes that were never sent: still waiting at the end of ``NATSConnection/close()``, or larger than
    /// the server found after an outage takes.
    public var discarded: UInt64 = 0
    /// Accepted publishes that wait for a link.
    public var waiting: UInt64 = 0
    /// Their bytes on the wire.
    public var waitingBytes = 0
    /// Living subscriptions.
    public var subscriptions = 0

    public init() {}
}
