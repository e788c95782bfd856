import WebSocketWire

let testMask = MaskingKey(0x37, 0xFA, 0x21, 0x3D)

/// A frame as raw header bytes plus payload, so that a test can write what a `FrameWriter` would not.
func rawFrame(_ first: UInt8, _ second: UInt8, extra: [UInt8] = [], _ payload: [UInt8] = []) -> [UInt8] {
    var body = payload
    if second & 0x80 != 0 { testMask.apply(to: &body) }
    return [first, second] + extra + (second & 0x80 != 0 ? (0..<4).map { testMask[$0] } : []) + body
}

/// A client's frame.
func frame(_ opcode: Opcode, _ payload: [UInt8] = [], isFinal: Bool = true) -> [UInt8] {
    FrameWriter.frame(opcode, payload: payload, isFinal: isFinal, mask: testMask)
}

func frame(_ opcode: Opcode, _ text: String, isFinal: Bool = true) -> [UInt8] {
    frame(opcode, Array(text.utf8), isFinal: isFinal)
}

extension FrameReader {
    /// Reads everything, each chunk until nil.
    mutating func events(_ chunks: [[UInt8]]) -> [FrameEvent] {
        var events: [FrameEvent] = []
        for chunk in chunks {
            var consumed = 0
            while let event = read(chunk.span, consumed: &consumed) { events.append(event) }
            precondition(consumed == chunk.count, "a reader that answers nil has used all bytes")
        }
        return events
    }
}

func events(
    _ bytes: [UInt8], role: WebSocketRole = .server, maxMessageSize: Int = 1 << 20, chunk: Int = .max
) -> [FrameEvent] {
    var reader = FrameReader(role: role, maxMessageSize: maxMessageSize)
    return reader.events(bytes.chunks(of: chunk))
}

extension [UInt8] {
    func chunks(of size: Int) -> [[UInt8]] {
        stride(from: 0, to: count, by: Swift.min(size, Swift.max(count, 1))).map {
            Array(self[$0..<($0 + Swift.min(size, count - $0))])
        }
    }
}

extension FrameEvent {
    static func text(_ text: String) -> FrameEvent { .message(kind: .text, payload: Array(text.utf8)) }
    static func binary(_ payload: [UInt8]) -> FrameEvent { .message(kind: .binary, payload: payload) }

    /// The code of a violation, else nil.
    var violation: UInt16? {
        if case .violation(let code, _) = self { code } else { nil }
    }
}
