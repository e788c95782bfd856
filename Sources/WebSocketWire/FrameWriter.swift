/// Writes frames. A server passes no mask; a client passes a fresh `MaskingKey.random()` for each frame.
package enum FrameWriter {
    /// The most a control frame may carry.
    package static let maxControlPayload = 125

    /// The header alone, for a payload that is written elsewhere (already masked, if there is a mask).
    package static func header(
        _ opcode: Opcode, payloadCount: Int, isFinal: Bool = true, mask: MaskingKey? = nil
    ) -> FrameHeader {
        FrameHeader(opcode, payloadCount: payloadCount, isFinal: isFinal, mask: mask)
    }

    /// Appends a frame. Of a control frame's payload only the first 125 bytes are sent.
    package static func append(
        _ opcode: Opcode, payload: Span<UInt8>, isFinal: Bool = true, mask: MaskingKey? = nil, to out: inout [UInt8]
    ) {
        let payload = opcode.isControl ? payload.extracting(first: min(payload.count, maxControlPayload)) : payload
        out.append(contentsOf: header(opcode, payloadCount: payload.count, isFinal: isFinal, mask: mask))
        (mask ?? .none).append(payload, to: &out)
    }

    /// Appends a frame. Of a control frame's payload only the first 125 bytes are sent.
    package static func append(
        _ opcode: Opcode, payload: [UInt8], isFinal: Bool = true, mask: MaskingKey? = nil, to out: inout [UInt8]
    ) {
        append(opcode, payload: payload.span, isFinal: isFinal, mask: mask, to: &out)
    }

    /// A frame in an array of its own size.
    package static func frame(
        _ opcode: Opcode, payload: [UInt8], isFinal: Bool = true, mask: MaskingKey? = nil
    ) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(14 + payload.count)
        append(opcode, payload: payload, isFinal: isFinal, mask: mask, to: &out)
        return out
    }

    /// Appends a Close frame. Without a code, or with one that may not be sent, it is empty.
    ///
    /// A reason of more than 123 bytes is cut after a whole character.
    package static func appendClose(
        code: UInt16?, reason: String = "", mask: MaskingKey? = nil, to out: inout [UInt8]
    ) {
        var payload: [UInt8] = []
        // The mask tells which end this is.
        if let code, CloseCode.isSendable(code, by: mask == nil ? .server : .client) {
            payload = [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)]
            payload.append(contentsOf: reasonBytes(reason))
        }
        append(.close, payload: payload, mask: mask, to: &out)
    }

    private static func reasonBytes(_ reason: String) -> Substring.UTF8View {
        let utf8 = reason.utf8
        guard var end = utf8.index(utf8.startIndex, offsetBy: maxControlPayload - 2, limitedBy: utf8.endIndex) else {
            return utf8[...]
        }
        while end < utf8.endIndex && utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return utf8[..<end]
    }
}
