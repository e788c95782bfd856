/// The 2 to 14 bytes in front of a payload (RFC 6455 §5.2), held without an allocation.
package struct FrameHeader: Sendable {
    private var bytes = InlineArray<14, UInt8>(repeating: 0)
    private var length: UInt8 = 0

    /// `isCompressed` sets RSV1, the mark of permessage-deflate on a message's first frame (RFC 7692 §6).
    package init(
        _ opcode: Opcode, payloadCount: Int, isFinal: Bool = true, isCompressed: Bool = false, mask: MaskingKey? = nil
    ) {
        append((isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode.rawValue)
        let maskBit: UInt8 = mask == nil ? 0 : 0x80
        switch payloadCount {
        case ...125:
            append(maskBit | UInt8(payloadCount))
        case ...Int(UInt16.max):
            append(maskBit | 126)
            append(payloadCount, byteCount: 2)
        default:
            append(maskBit | 127)
            append(payloadCount, byteCount: 8)
        }
        if let mask {
            for index in 0..<4 { append(mask[index]) }
        }
    }

    private mutating func append(_ byte: UInt8) {
        bytes[Int(length)] = byte
        length += 1
    }

    private mutating func append(_ value: Int, byteCount: Int) {
        for index in (0..<byteCount).reversed() { append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
    }
}

extension FrameHeader: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { Int(length) }
    package var count: Int { Int(length) }

    package subscript(position: Int) -> UInt8 {
        precondition(position < length)
        return bytes[position]
    }

    /// Lets a buffer take the header in one copy.
    package func withContiguousStorageIfAvailable<R>(_ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R? {
        try bytes.span.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0.prefix(count))) }
    }
}
