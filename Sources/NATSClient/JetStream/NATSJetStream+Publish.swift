/// What the server says of a stored message.
public struct NATSPublishAck: Sendable, Equatable {
    public var stream: String
    public var sequence: UInt64
    /// The stream had a message with this id already: nothing was stored, and `sequence` is that one's.
    public var isDuplicate: Bool

    public init(stream: String, sequence: UInt64, isDuplicate: Bool = false) {
        self.stream = stream
        self.sequence = sequence
        self.isDuplicate = isDuplicate
    }
}

/// Conditions under which a stream takes a message; else it answers with an error and stores nothing.
public struct NATSPublishConditions: Sendable, Equatable {
    /// The message is stored once per id within the stream's window for duplicates.
    public var messageID: String?
    /// The stream that is to store it.
    public var stream: String?
    /// The last sequence of the stream.
    public var lastSequence: UInt64?
    /// The last sequence of this subject in the stream; 0 for none.
    public var lastSubjectSequence: UInt64?
    /// The id of the stream's last message.
    public var lastMessageID: String?

    public init(
        messageID: String? = nil, stream: String? = nil, lastSequence: UInt64? = nil,
        lastSubjectSequence: UInt64? = nil, lastMessageID: String? = nil
    ) {
        self.messageID = messageID
        self.stream = stream
        self.lastSequence = lastSequence
        self.lastSubjectSequence = lastSubjectSequence
        self.lastMessageID = lastMessageID
    }

    var headers: [(String, String)] {
        let fields: [(String, String?)] = [
            ("Nats-Msg-Id", messageID), ("Nats-Expected-Stream", stream),
            ("Nats-Expected-Last-Sequence", lastSequence.map(String.init)),
            ("Nats-Expected-Last-Subject-Sequence", lastSubjectSequence.map(String.init)),
            ("Nats-Expected-Last-Msg-Id", lastMessageID),
        ]
        return fields.compactMap { name, value in value.map { (name, $0) } }
    }
}

extension NATSJetStream {
    /// Publishes and returns when a stream has stored the message.
    ///
    /// - Throws: ``NATSJetStreamError``. `request(.noResponders)`: no stream listens on the subject. After a time-out
    ///   or a lost link it is not known whether the message was stored: publish again with the same message id.
    @discardableResult
    public func publish(
        subject: String, headers: [(String, String)] = [], payload: [UInt8],
        conditions: NATSPublishConditions = NATSPublishConditions()
    ) async throws(NATSJetStreamError) -> NATSPublishAck {
        try Self.ack(await ask(subject, headers: headers + conditions.headers, payload: payload)).get()
    }

    /// The same with a callback, which is called once, on the event loop.
    @discardableResult
    public func publish(
        subject: String, headers: [(String, String)] = [], payload: [UInt8],
        conditions: NATSPublishConditions = NATSPublishConditions(),
        completion: @escaping @Sendable (Result<NATSPublishAck, NATSJetStreamError>) -> Void
    ) -> NATSRequest {
        connection.request(
            subject: subject, headers: headers + conditions.headers, payload: payload, timeout: timeout
        ) { completion(Self.ack($0)) }
    }

    private static func ack(
        _ answer: Result<NATSMessage, NATSRequestError>
    ) -> Result<NATSPublishAck, NATSJetStreamError> {
        decode(answer).flatMap { json in
            guard let stream = json["stream"]?.string, let sequence = json["seq"]?.unsigned else {
                // Somebody who is no stream answered.
                return .failure(.badResponse("it acknowledges no message"))
            }
            return .success(
                NATSPublishAck(stream: stream, sequence: sequence, isDuplicate: json["duplicate"]?.bool ?? false))
        }
    }
}
