/// SHA-1 (RFC 3174). The handshake asks for it by name; it is not fit to protect anything.
package struct SHA1: Sendable {
    private var state: (UInt32, UInt32, UInt32, UInt32, UInt32) =
        (0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0)
    private var block: [UInt8] = []
    private var count: UInt64 = 0

    package init() { block.reserveCapacity(64) }

    package mutating func update(_ bytes: Span<UInt8>) {
        for index in bytes.indices { add(bytes[index]) }
    }

    /// Pads and gives the 20 bytes of the hash. Last call.
    package mutating func finish() -> [UInt8] {
        let bitCount = count &* 8
        add(0x80)
        while block.count != 56 { add(0) }
        for shift in stride(from: 56, through: 0, by: -8) { add(UInt8(truncatingIfNeeded: bitCount >> UInt64(shift))) }
        return [state.0, state.1, state.2, state.3, state.4].flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
        }
    }

    private mutating func add(_ byte: UInt8) {
        block.append(byte)
        count &+= 1
        if block.count == 64 {
            compress()
            block.removeAll(keepingCapacity: true)
        }
    }

    private mutating func compress() {
        let words = schedule()
        var (a, b, c, d, e) = state
        for round in 0..<80 {
            let (mix, constant): (UInt32, UInt32) =
                switch round {
                case ..<20: (b & c | ~b & d, 0x5A82_7999)
                case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                case ..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
                default: (b ^ c ^ d, 0xCA62_C1D6)
                }
            let next = Self.rotate(a, 5) &+ mix &+ e &+ constant &+ words[round]
            (e, d, c, b, a) = (d, c, Self.rotate(b, 30), a, next)
        }
        state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d, state.4 &+ e)
    }

    /// The block's sixteen words, stretched to eighty.
    private func schedule() -> [UInt32] {
        var words: [UInt32] = []
        words.reserveCapacity(80)
        for start in stride(from: 0, to: 64, by: 4) {
            words.append(block[start..<(start + 4)].reduce(0) { $0 << 8 | UInt32($1) })
        }
        for index in 16..<80 {
            let mixed = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
            words.append(Self.rotate(mixed, 1))
        }
        return words
    }

    private static func rotate(_ word: UInt32, _ bits: UInt32) -> UInt32 { word << bits | word >> (32 - bits) }
}
