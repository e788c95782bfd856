/// What a connection is doing.
public enum NATSState: Sendable {
    /// Not started, or the first attempt is under way.
    case connecting
    case connected(NATSServerInfo)
    /// Without a link and trying again. `since` is when the last link was lost, or the first attempt began.
    case disconnected(NATSDisconnectReason, since: ContinuousClock.Instant)
    /// After ``NATSConnection/close()``. Final.
    case closed
}

/// Why there is no link.
public enum NATSDisconnectReason: Error, Sendable, Equatable, CustomStringConvertible {
    /// No TCP connection: the system's error.
    case unreachable(String)
    /// The server did not finish the handshake in time.
    case handshakeTimeout
    /// The server refused the credentials: its words.
    case authenticationFailed(String)
    /// Credentials or certificates could not be read: which file, and why.
    case credentialsUnusable(String)
    /// Encryption is demanded here, and the server has none.
    case tlsUnavailable
    /// The TLS handshake failed, or the server's certificate is not good.
    case tlsFailed(String)
    /// The server ended the link and said why.
    case serverError(NATSServerError)
    /// The server ended the link without a word.
    case closedByServer
    /// The server answered no probe.
    case stale
    /// What came was not the NATS protocol, or a server too old.
    case protocolViolation(String)
    /// The link broke: the system's error.
    case broken(String)

    /// One word of a fixed set, for metrics.
    public var label: String {
        switch self {
        case .unreachable: "unreachable"
        case .handshakeTimeout: "handshakeTimeout"
        case .authenticationFailed: "authenticationFailed"
        case .credentialsUnusable: "credentialsUnusable"
        case .tlsUnavailable: "tlsUnavailable"
        case .tlsFailed: "tlsFailed"
        case .serverError: "serverError"
        case .closedByServer: "closedByServer"
        case .stale: "stale"
        case .protocolViolation: "protocolViolation"
        case .broken: "broken"
        }
    }

    public var description: String {
        switch self {
        case .unreachable(let error): "no connection (\(error))"
        case .handshakeTimeout: "the server did not finish the handshake in time"
        case .authenticationFailed(let text): "the server refused the credentials (\(text))"
        case .credentialsUnusable(let problem): "the credentials cannot be used (\(problem))"
        case .tlsUnavailable: "TLS is demanded, and the server offers none"
        case .tlsFailed(let problem): "TLS failed (\(problem))"
        case .serverError(let error): "the server ended the link (\(error.text))"
        case .closedByServer: "the server closed the link"
        case .stale: "the server answers no more"
        case .protocolViolation(let what): "the server broke the protocol (\(what))"
        case .broken(let error): "the link broke (\(error))"
        }
    }
}
