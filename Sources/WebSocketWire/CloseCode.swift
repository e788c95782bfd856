/// The status codes of a Close frame (RFC 6455 §7.4 and its IANA registry).
package enum CloseCode {
    package static let normal: UInt16 = 1000
    package static let goingAway: UInt16 = 1001
    package static let protocolError: UInt16 = 1002
    package static let unsupportedData: UInt16 = 1003
    /// The Close frame had no code. Never on the wire.
    package static let noStatus: UInt16 = 1005
    /// The connection ended without a Close frame. Never on the wire.
    package static let abnormal: UInt16 = 1006
    /// Text, or a close reason, that is not UTF-8; compressed data that is corrupt.
    package static let invalidPayload: UInt16 = 1007
    package static let policyViolation: UInt16 = 1008
    package static let messageTooBig: UInt16 = 1009
    /// The server lacks an extension the client needs; only a client sends it.
    package static let mandatoryExtension: UInt16 = 1010
    package static let internalError: UInt16 = 1011
    package static let serviceRestart: UInt16 = 1012
    package static let tryAgainLater: UInt16 = 1013
    package static let badGateway: UInt16 = 1014
    package static let unauthorized: UInt16 = 3000

    /// Whether a peer may put the code in a Close frame: 1000–1003, 1007–1014, 3000–4999.
    package static func isReceivable(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// Whether this end may put the code in a Close frame: as received, but 1010 is for clients alone.
    package static func isSendable(_ code: UInt16, by role: WebSocketRole = .server) -> Bool {
        isReceivable(code) && (role == .client || code != mandatoryExtension)
    }
}
