/// What JetStream writes into the reply subject of a delivered message.
///
/// Two forms: `$JS.ACK.STREAM.CONSUMER.DELIVERIES.STREAMSEQ.CONSUMERSEQ.NANOSECONDS.PENDING`, and since the server has
/// domains `$JS.ACK.DOMAIN.ACCOUNT.STREAM.CONSUMER.…`.
/// Source: NATS architecture decision record 15.
package struct NATSAckSubject: Sendable, Equatable {
    /// How often the message was delivered, this time included.
    package var deliveries: UInt64
    package var streamSequence: UInt64
    package var consumerSequence: UInt64
    package var timestamp: NATSTimestamp
    /// Messages for the consumer that were not delivered yet.
    package var pending: UInt64

    /// Nil for anything else.
    package init?(_ reply: String) {
        var reply = reply
        let fields = reply.withUTF8 { Self.fields($0.span) }
        guard let fields, let nanoseconds = Int64(exactly: fields[3]) else { return nil }
        (deliveries, streamSequence, consumerSequence) = (fields[0], fields[1], fields[2])
        timestamp = NATSTimestamp(nanoseconds: nanoseconds)
        pending = fields[4]
    }

    private static func fields(_ text: Span<UInt8>) -> InlineArray<5, UInt64>? {
        guard hasPrefix(text) else { return nil }
        var dots = 0
        for index in text.indices where text[index] == UInt8(ascii: ".") { dots += 1 }
        // Tokens before the numbers.
        guard let skipped = dots == 8 ? 4 : dots >= 10 ? 6 : nil else { return nil }
        var fields = InlineArray<5, UInt64>(repeating: 0)
        var (token, length) = (0, 0)
        for index in text.indices {
            let byte = text[index]
            if byte == UInt8(ascii: ".") {
                guard length > 0 else { return nil }
                (token, length) = (token + 1, 0)
                if token == skipped + 5 { return fields }
                continue
            }
            length += 1
            guard token >= skipped else { continue }
            // 19 digits cannot overflow, and no sequence needs more.
            guard 0x30...0x39 ~= byte, length <= 19 else { return nil }
            fields[token - skipped] = fields[token - skipped] * 10 + UInt64(byte - 0x30)
        }
        return token == skipped + 4 && length > 0 ? fields : nil
    }

    private static func hasPrefix(_ text: Span<UInt8>) -> Bool {
        let prefix: StaticString = "$JS.ACK."
        guard text.count > prefix.utf8CodeUnitCount else { return false }
        for (index, byte) in prefix.description.utf8.enumerated() where text[index] != byte { return false }
        return true
    }
}
