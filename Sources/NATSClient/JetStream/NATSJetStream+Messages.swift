/// Which stored message is meant.
public enum NATSStreamMessageQuery: Sendable, Equatable {
    case sequence(UInt64)
    /// The latest of this subject.
    case last(subject: String)
    /// The first at `sequence` or later on a subject that matches `filter`.
    case next(sequence: UInt64, filter: String)

    var json: NATSJSON {
        switch self {
        case .sequence(let sequence): .object(["seq": .unsigned(sequence)])
        case .last(let subject): .object(["last_by_subj": .string(subject)])
        case .next(let sequence, let filter):
            .object(["seq": .unsigned(max(1, sequence)), "next_by_subj": .string(filter)])
        }
    }
}

extension NATSJetStream {
    /// A stored message as the leader of the stream has it; nil if there is none.
    public func message(
        _ query: NATSStreamMessageQuery, stream: String
    ) async throws(NATSJetStreamError) -> NATSStreamMessage? {
        try check(stream, "stream")
        let answer: NATSJSON
        do throws(NATSJetStreamError) {
            answer = try await call("STREAM.MSG.GET.\(stream)", query.json)
        } catch {
            guard error.errorCode == NATSJetStreamAPIError.messageNotFound else { throw error }
            return nil
        }
        guard let stored = answer["message"], let message = NATSStreamMessage(stored: stored) else {
            throw .badResponse("it is no stored message")
        }
        return message
    }

    /// The same from any replica, cheaper; what was stored a moment ago may be missing. The stream must allow it
    /// (``NATSStreamConfiguration/allowsDirect``).
    public func directMessage(
        _ query: NATSStreamMessageQuery, stream: String
    ) async throws(NATSJetStreamError) -> NATSStreamMessage? {
        try check(stream, "stream")
        let answer = await ask("\(prefix).DIRECT.GET.\(stream)", payload: Array(query.json.encoded.utf8))
        let message: NATSMessage
        do throws(NATSRequestError) {
            message = try answer.get()
        } catch {
            throw .request(error)
        }
        if let status = message.status {
            if status.code == 404 { return nil }
            throw .api(NATSJetStreamAPIError(code: status.code, text: status.text))
        }
        guard let stored = NATSStreamMessage(direct: message) else { throw .badResponse("it is no stored message") }
        return stored
    }

    /// Deletes one message of a stream.
    public func deleteMessage(_ sequence: UInt64, stream: String) async throws(NATSJetStreamError) {
        try check(stream, "stream")
        _ = try await call(
            "STREAM.MSG.DELETE.\(stream)", .object(["seq": .unsigned(sequence), "no_erase": .bool(true)]))
    }
}

extension NATSStreamMessage {
    init?(stored: NATSJSON) {
        guard let subject = stored["subject"]?.string, let sequence = stored["seq"]?.unsigned,
            let time = stored["time"]?.timestamp,
            let block = NATSBase64.decode(stored["hdrs"]?.string ?? ""),
            let payload = NATSBase64.decode(stored["data"]?.string ?? "")
        else { return nil }
        var message = NATSMessage(subject: subject)
        NATSHeaderBlock.decode(block.span, into: &message)
        self.init(subject: subject, headers: message.headers, payload: payload, sequence: sequence, timestamp: time)
    }

    /// The server puts what it knows in front of the message's own headers.
    init?(direct message: NATSMessage) {
        guard let subject = message.headers.first("Nats-Subject"),
            let sequence = message.headers.first("Nats-Sequence").flatMap({ UInt64($0) }),
            let time = message.headers.first("Nats-Time-Stamp").flatMap({ NATSTimestamp(rfc3339: $0) })
        else { return nil }
        let added: Set = ["Nats-Stream", "Nats-Subject", "Nats-Sequence", "Nats-Time-Stamp"]
        self.init(
            subject: subject, headers: message.headers.filter { !added.contains($0.0) }, payload: message.payload,
            sequence: sequence, timestamp: time)
    }
}
