/// A message of a stream.
public struct NATSStreamMessage: Sendable {
    public var subject: String
    /// As in ``NATSMessage/headers``.
    public var headers: [(String, String)]
    public var payload: [UInt8]
    /// Its place in the stream; the first message ever has 1.
    public var sequence: UInt64
    /// When the server stored it.
    public var timestamp: NATSTimestamp
    /// How many messages the consumer had yet to deliver when this one was; 0 where no consumer delivered it.
    public var pending: UInt64

    public init(
        subject: String, headers: [(String, String)] = [], payload: [UInt8] = [], sequence: UInt64,
        timestamp: NATSTimestamp, pending: UInt64 = 0
    ) {
        self.subject = subject
        self.headers = headers
        self.payload = payload
        self.sequence = sequence
        self.timestamp = timestamp
        self.pending = pending
    }

    init(_ message: NATSMessage, _ ack: NATSAckSubject) {
        self.init(
            subject: message.subject, headers: message.headers, payload: message.payload,
            sequence: ack.streamSequence, timestamp: ack.timestamp, pending: ack.pending)
    }
}

extension [(String, String)] {
    /// The first value of a header, its name written in any case.
    func first(_ name: String) -> String? {
        first { $0.0.utf8.elementsEqual(name.utf8) || $0.0.lowercased() == name.lowercased() }?.1
    }
}
