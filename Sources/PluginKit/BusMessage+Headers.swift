/// How messages travel between processes: what a header is, and which say what only the gateway may say.
extension BusMessage {
    package static let frameHeader = "Switchyard-Frame"
    package static let originHeader = "Switchyard-Origin"
    /// JetStream's: a message with an id that the stream has seen lately is not stored again.
    package static let idHeader = "Nats-Msg-Id"

    /// Whether a header of this name is the gateway's own: what others write under it does not travel.
    package static func isOwnHeader(_ name: String) -> Bool { name == frameHeader || name == originHeader }

    /// Whether the headers can travel: names of visible ASCII without a colon, values without line breaks.
    package var hasTravellingHeaders: Bool {
        headers.allSatisfy { name, value in
            !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
                && value.utf8.allSatisfy { $0 != 0x0D && $0 != 0x0A }
        }
    }

    /// What a NATS server counts besides the payload: the block of headers, the gateway's own included.
    package var headerSize: Int {
        if headers.isEmpty, frame != .binary, origin == 0 { return 0 }
        var size = "NATS/1.0\r\n\r\n".utf8.count
        for (name, value) in headers { size += name.utf8.count + value.utf8.count + 4 }
        if frame == .binary { size += Self.frameHeader.utf8.count + "binary".utf8.count + 4 }
        if origin != 0 { size += Self.originHeader.utf8.count + String(origin).utf8.count + 4 }
        return size
    }
}
