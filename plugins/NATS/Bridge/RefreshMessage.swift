import PluginKit

/// The message by which a client hands in a newer token: `{"type":"refresh","token":"…"}`, written just so.
enum RefreshMessage {
    private static let start = Array(#"{"type":"refresh","token":""#.utf8)

    /// Whether a message is one; it is then never published.
    static func isOne(_ message: SocketMessage) -> Bool { message.kind == .text && message.payload.starts(with: start) }

    /// The token, or nil if what follows its beginning is not a JSON string and the end of the object.
    static func token(_ payload: Payload) -> String? {
        var rest = payload.dropFirst(start.count)
        var token: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                return isEnd(rest) && !token.isEmpty ? String(validating: token, as: UTF8.self) : nil
            case UInt8(ascii: "\\"):
                guard let escaped = escaped(&rest) else { return nil }
                token.append(escaped)
            case 0..<0x20: return nil
            default: token.append(byte)
            }
        }
        return nil
    }

    /// Some encoders escape the slashes of base64. What else JSON can escape has no place in a token.
    private static func escaped(_ rest: inout Payload.SubSequence) -> UInt8? {
        guard let byte = rest.popFirst(), #""\/"#.utf8.contains(byte) else { return nil }
        return byte
    }

    private static func isEnd(_ rest: Payload.SubSequence) -> Bool {
        rest.filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == [UInt8(ascii: "}")]
    }
}
