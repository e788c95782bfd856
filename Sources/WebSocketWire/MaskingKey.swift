/// The four bytes a client's payload is XORed with (RFC 6455 §5.3).
package struct MaskingKey: Sendable, Equatable {
    /// The key's first byte in the low bits, so that the masked byte `i` is XORed with bits `8 * (i % 4)`.
    private(set) var word: UInt32

    /// The key that changes nothing.
    package static let none = MaskingKey(word: 0)

    /// A key for a client's frame; unpredictable, as §10.3 asks.
    package static func random() -> MaskingKey { MaskingKey(word: .random(in: .min ... .max)) }

    package init(word: UInt32) { self.word = word }

    package init(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
        word = UInt32(first) | UInt32(second) << 8 | UInt32(third) << 16 | UInt32(fourth) << 24
    }

    /// The key's byte at `index` modulo four.
    package subscript(index: Int) -> UInt8 { UInt8(truncatingIfNeeded: word >> (8 &* UInt32(index & 3))) }

    /// The key with the next of its bytes as read from the wire: after four of them, those four in order.
    func appending(_ byte: UInt8) -> MaskingKey { MaskingKey(word: word >> 8 | UInt32(byte) << 24) }

    /// The key as it applies to a payload that continues after `count` bytes.
    package func advanced(by count: Int) -> MaskingKey {
        let bits = 8 &* UInt32(count & 3)
        return bits == 0 ? self : MaskingKey(word: word >> bits | word << (32 &- bits))
    }

    /// Appends the bytes, masked or unmasked; into an empty array without capacity it makes one of the right size.
    package func append(_ bytes: Span<UInt8>, to out: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        out.append(addingCapacity: bytes.count) { free in
            bytes.withUnsafeBytes { source in
                free.withUnsafeMutableBufferPointer { target, initialized in
                    // `free` has room for at least the capacity asked for, and `source` is not part of it.
                    guard let from = source.baseAddress, let to = target.baseAddress else { return }
                    xor(from, into: UnsafeMutableRawPointer(to), count: source.count)
                    initialized += source.count
                }
            }
        }
    }

    /// Masks or unmasks in place the bytes from index `start` to the end; the key's first byte meets the first of them.
    package func apply(to bytes: inout [UInt8], from start: Int = 0) {
        precondition(start >= 0 && start <= bytes.count)
        if word == 0 { return }
        bytes.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            xor(base + start, into: base + start, count: buffer.count - start)
        }
    }

    /// The kernel: both ranges are `count` bytes long and are the same or apart; no alignment is needed.
    private func xor(_ source: UnsafeRawPointer, into target: UnsafeMutableRawPointer, count: Int) {
        let pair = UInt64(littleEndian: UInt64(word) << 32 | UInt64(word))
        let wide = SIMD4<UInt64>(repeating: pair)
        var offset = 0
        while offset &+ 32 <= count {
            let block = source.loadUnaligned(fromByteOffset: offset, as: SIMD4<UInt64>.self)
            target.storeBytes(of: block ^ wide, toByteOffset: offset, as: SIMD4<UInt64>.self)
            offset &+= 32
        }
        while offset &+ 8 <= count {
            let block = source.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            target.storeBytes(of: block ^ pair, toByteOffset: offset, as: UInt64.self)
            offset &+= 8
        }
        while offset < count {
            let byte = source.load(fromByteOffset: offset, as: UInt8.self)
            target.storeBytes(of: byte ^ self[offset], toByteOffset: offset, as: UInt8.self)
            offset &+= 1
        }
    }
}
