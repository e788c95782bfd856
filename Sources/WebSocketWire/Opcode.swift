/// The kind of a frame (RFC 6455 §5.2). The raw value is the low four bits of the first byte; the others are reserved.
package enum Opcode: UInt8, Sendable, CaseIterable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    /// Close, ping and pong: at most 125 bytes, never fragmented, allowed between the fragments of a message.
    package var isControl: Bool { rawValue & 0x8 != 0 }
}
