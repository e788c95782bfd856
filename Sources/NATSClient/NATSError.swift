/// Why a call on a ``NATSConnection`` failed.
public enum NATSError: Error, Sendable, Equatable {
    /// There is no link now.
    case disconnected
    /// The link died before the server answered.
    case connectionLost(NATSDisconnectReason)
    case timeout
    case closed
}
