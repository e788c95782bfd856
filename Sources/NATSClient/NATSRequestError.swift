/// Why a request got no answer.
public enum NATSRequestError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Nobody listens on the subject: the server's word (status 503).
    case noResponders
    /// No answer in time. Whether somebody acted on the request is not known.
    case timeout
    /// There is no link now; nothing was sent.
    case disconnected
    /// The link died while the answer was awaited. Whether somebody acted on the request is not known.
    case connectionLost(NATSDisconnectReason)
    /// The connection was closed.
    case closed
    /// The request could not be published.
    case refused(NATSRefusal)
    /// The task that waited was cancelled.
    case cancelled

    /// One word of a fixed set, for metrics.
    public var label: String {
        switch self {
        case .noResponders: "noResponders"
        case .timeout: "timeout"
        case .disconnected: "disconnected"
        case .connectionLost: "connectionLost"
        case .closed: "closed"
        case .refused: "refused"
        case .cancelled: "cancelled"
        }
    }

    public var description: String {
        switch self {
        case .noResponders: "nobody answers on this subject"
        case .timeout: "no answer in time"
        case .disconnected: "there is no link to a NATS server"
        case .connectionLost(let reason): "the link was lost before the answer came: \(reason)"
        case .closed: "the NATS connection is closed"
        case .refused(let refusal): "the request was refused: \(refusal)"
        case .cancelled: "the request was cancelled"
        }
    }
}
