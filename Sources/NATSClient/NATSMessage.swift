/// A message as it came from a server.
public struct NATSMessage: Sendable {
    public var subject: String
    /// Where an answer is expected, if one is.
    public var reply: String?
    /// In the order of the wire, names as they were written; a name may come more than once.
    public var headers: [(String, String)]
    public var payload: [UInt8]
    /// Set on messages that the server itself made: 503 when a request has nobody to answer it.
    public var status: NATSStatus?

    public init(
        subject: String, reply: String? = nil, headers: [(String, String)] = [], payload: [UInt8] = [],
        status: NATSStatus? = nil
    ) {
        self.subject = subject
        self.reply = reply
        self.headers = headers
        self.payload = payload
        self.status = status
    }
}

/// The status line of a message made by the server: `NATS/1.0 503 No Responders`.
public struct NATSStatus: Sendable, Equatable {
    public var code: Int
    /// Often empty.
    public var text: String

    public init(code: Int, text: String = "") {
        self.code = code
        self.text = text
    }
}
