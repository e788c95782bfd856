import PluginKit

/// The opening handshake's proof that the server speaks WebSocket (RFC 6455 §4.2.2).
package enum WebSocketHandshake {
    /// The only version there is; a request for another gets 426 with `Sec-WebSocket-Version: 13`.
    package static let version = "13"

    private static let suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// The value of `Sec-WebSocket-Accept`, or nil unless the key is the base64 form of exactly 16 bytes.
    ///
    /// The bits that pad the last digit may be anything: the RFC's own first example had them set.
    package static func acceptKey(for key: String) -> String? {
        let digits = key.utf8.dropLast(2)
        guard key.utf8.count == 24, key.hasSuffix("=="), digits.allSatisfy(Base64.isDigit) else { return nil }
        var hash = SHA1()
        for part in [key, suffix] { hash.update(Array(part.utf8).span) }
        return Base64.encode(hash.finish())
    }
}
