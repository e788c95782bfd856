import PluginKit

/// What a NATS server would not take is refused, and what would not travel does not: what works here works there.
extension EmbeddedBus {
    static func refusal(of message: BusMessage) -> PublishResult? {
        if let problem = Subject.publishProblem(message.subject) { return .refused(reason: problem) }
        if let reply = message.reply, let problem = Subject.publishProblem(reply) { return .refused(reason: problem) }
        if !message.headers.isEmpty, !message.hasTravellingHeaders {
            return .refused(reason: "a header's name or value cannot travel")
        }
        return message.headerSize + message.payload.count <= maxPayload ? nil : .tooLarge(limit: maxPayload)
    }

    static func failure(of message: BusMessage) -> BusFailure? {
        switch refusal(of: message) {
        case .tooLarge(let limit)?: .tooLarge(limit: limit)
        case .refused(let reason)?: .refused(reason)
        case .accepted?, .congested?, nil: nil
        }
    }
}

extension BusMessage {
    /// As it comes out of a network: without the gateway's own headers, without spaces around values, with no place in
    /// a stream.
    var arrived: BusMessage {
        if headers.isEmpty, position == nil { return self }
        var message = self
        message.position = nil
        message.headers = headers.filter { !Self.isOwnHeader($0.name) }.map { ($0.name, Self.trimmed($0.value)) }
        return message
    }

    /// By which a stream knows it again.
    var messageID: String? {
        headers.first { $0.name == Self.idHeader }.flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    private static func trimmed(_ value: String) -> String {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        let bytes = value.utf8
        guard bytes.first.map(isSpace) == true || bytes.last.map(isSpace) == true else { return value }
        let rest = bytes.drop(while: isSpace)
        guard let end = rest.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(value[rest.startIndex...end])
    }
}
