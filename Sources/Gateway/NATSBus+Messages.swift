import NATSClient
import PluginKit

/// Messages of the bus as NATS carries them.
extension NATSBus {
    static func headers(of message: BusMessage) -> [(String, String)] {
        var headers: [(String, String)] = []
        for (name, value) in message.headers where !BusMessage.isOwnHeader(name) { headers.append((name, value)) }
        if message.frame == .binary { headers.append((BusMessage.frameHeader, "binary")) }
        if message.origin != 0 { headers.append((BusMessage.originHeader, String(message.origin))) }
        return headers
    }

    static func message(_ message: NATSMessage) -> BusMessage {
        var result = BusMessage(subject: message.subject, payload: message.payload, reply: message.reply)
        read(message.headers, into: &result)
        return result
    }

    static func message(_ message: NATSStreamMessage) -> BusMessage {
        let position = StreamPosition(sequence: message.sequence, time: message.timestamp.nanoseconds)
        var result = BusMessage(subject: message.subject, payload: message.payload, position: position)
        read(message.headers, into: &result)
        return result
    }

    private static func read(_ headers: [(String, String)], into message: inout BusMessage) {
        for (name, value) in headers {
            switch name {
            case BusMessage.frameHeader: if value == "binary" { message.frame = .binary }
            // Digits only: Swift would take a sign.
            case BusMessage.originHeader where message.origin == 0:
                if value.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) { message.origin = UInt64(value) ?? 0 }
            case BusMessage.originHeader: break
            default: message.headers.append((name: name, value: value))
            }
        }
    }
}
