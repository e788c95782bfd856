/// One thing a server says.
package enum NATSOperation: Sendable {
    case info(NATSServerInfo)
    /// `MSG` or `HMSG` for the subscription with this number.
    case message(subscription: UInt64, NATSMessage)
    case ping
    case pong
    case ok
    case error(NATSServerError)
}

/// Why what came from a server is not the NATS protocol.
package enum NATSParseError: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownOperation
    case lineTooLong
    case bareLineFeed
    case badArguments
    case badInfo
    case payloadTooLarge
    case payloadNotTerminated

    package var description: String {
        switch self {
        case .unknownOperation: "unknown operation"
        case .lineTooLong: "a line is too long"
        case .bareLineFeed: "a line ends without CR"
        case .badArguments: "bad arguments of a message"
        case .badInfo: "INFO is not a JSON object"
        case .payloadTooLarge: "a message is too large"
        case .payloadNotTerminated: "a message does not end where it should"
        }
    }
}
