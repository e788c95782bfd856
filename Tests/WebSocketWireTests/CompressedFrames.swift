import WebSocketWire

/// "Hello" in one block, the first example of RFC 7692 §7.2.3.1.
let compressedHello: [UInt8] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]

/// A client's frame with RSV1 set.
func compressedFrame(_ opcode: Opcode, _ payload: [UInt8], isFinal: Bool = true) -> [UInt8] {
    var bytes = frame(opcode, payload, isFinal: isFinal)
    bytes[0] |= 0x40
    return bytes
}

/// Compressed data in frames of the given sizes, the last one with what is left.
func compressedFrames(_ opcode: Opcode, _ payload: [UInt8], sizes: [Int]) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = payload[...]
    for (index, size) in (sizes + [rest.count]).enumerated() {
        let isFinal = index == sizes.count
        let piece = Array(isFinal ? rest : rest.prefix(size))
        bytes +=
            index == 0
            ? compressedFrame(opcode, piece, isFinal: isFinal) : frame(.continuation, piece, isFinal: isFinal)
        rest = rest.dropFirst(piece.count)
    }
    return bytes
}

/// A block without compression (RFC 1951 §3.2.4).
func storedBlock(_ bytes: [UInt8], isFinal: Bool = false) -> [UInt8] {
    let count = UInt16(bytes.count)
    let low = UInt8(truncatingIfNeeded: count)
    let high = UInt8(count >> 8)
    return [isFinal ? 1 : 0, low, high, ~low, ~high] + bytes
}

/// A reader that takes compressed messages.
func inflatingReader(
    role: WebSocketRole = .server, maxMessageSize: Int = 1 << 20, keptWindowBits: Int? = nil,
    pool: InflaterPool = InflaterPool()
) -> FrameReader {
    FrameReader(
        role: role, maxMessageSize: maxMessageSize,
        inflation: MessageInflation(keptWindowBits: keptWindowBits, pool: pool))
}

/// The events of bytes that may be compressed, read in pieces of `chunk` bytes.
func inflatedEvents(_ bytes: [UInt8], maxMessageSize: Int = 1 << 20, chunk: Int = .max) -> [FrameEvent] {
    var reader = inflatingReader(maxMessageSize: maxMessageSize)
    return reader.events(bytes.chunks(of: chunk))
}

extension Deflater {
    /// The message's compressed data, without a header; nil if it stays plain.
    func compressed(_ payload: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        guard append(.binary, payload: payload, to: &bytes) else { return nil }
        return Array(bytes.dropFirst(bytes.count - 2 <= 125 ? 2 : bytes.count - 4 <= 65_535 ? 4 : 10))
    }
}
