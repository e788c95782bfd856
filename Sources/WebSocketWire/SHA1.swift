/// SHA-1 (RFC 3174). The handshake asks for it by name; it is not fit to protect anything.
package struct SHA1: Sendable {
    private var state: (UInt32, UInt32, UInt32, UInt32, UInt32) =
        (0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0)
    /// The block being filled, as big-endian words; the bits of bytes that are still to come are 0.
    private var words = InlineArray<16, UInt32>(repeating: 0)
    private var count: UInt64 = 0

    package init() {}

    package mutating func update(_ bytes: Span<UInt8>) {
        for index in bytes.indices { add(bytes[index]) }
    }

    /// Pads and gives the 20 bytes of the hash. Last call.
    package mutating func finish() -> [UInt8] {
        let bitCount = count &* 8
        add(0x80)
        // The length goes into the last two words of a block. `add` has ended the block if it was full.
        if count & 63 > 56 { compress() }
        words[14] = UInt32(truncatingIfNeeded: bitCount >> 32)
        words[15] = UInt32(truncatingIfNeeded: bitCount)
        compress()
        var hash: [UInt8] = []
        hash.reserveCapacity(20)
        for word in [state.0, state.1, state.2, state.3, state.4] {
            for shift: UInt32 in [24, 16, 8, 0] { hash.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        return hash
    }

    @inline(__always)
    private mutating func add(_ byte: UInt8) {
        let position = count & 63
        words[Int(position >> 2)] |= UInt32(byte) << UInt32(24 &- (position & 3) &* 8)
        count &+= 1
        if position == 63 { compress() }
    }

    /// Mixes the block in and begins an empty one.
    private mutating func compress() {
        var (a, b, c, d, e) = state
        for round in 0..<80 {
            let (mix, constant): (UInt32, UInt32) =
                switch round {
                case ..<20: (b & c | ~b & d, 0x5A82_7999)
                case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                case ..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
                default: (b ^ c ^ d, 0xCA62_C1D6)
                }
            let next = Self.rotate(a, 5) &+ mix &+ e &+ constant &+ word(round)
            (e, d, c, b, a) = (d, c, Self.rotate(b, 30), a, next)
        }
        state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d, state.4 &+ e)
        words = InlineArray(repeating: 0)
    }

    /// Word `round` of the eighty that the block's sixteen are stretched to, made in their place.
    @inline(__always)
    private mutating func word(_ round: Int) -> UInt32 {
        if round >= 16 {
            let near = words[(round &- 3) & 15] ^ words[(round &- 8) & 15]
            let far = words[(round &- 14) & 15] ^ words[round & 15]
            words[round & 15] = Self.rotate(near ^ far, 1)
        }
        return words[round & 15]
    }

    private static func rotate(_ word: UInt32, _ bits: UInt32) -> UInt32 { word &<< bits | word &>> (32 &- bits) }
}
