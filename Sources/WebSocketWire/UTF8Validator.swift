/// Checks UTF-8 that arrives in pieces, and fails at the first byte that no continuation can mend.
///
/// Source: the Unicode Standard, table 3-7 (well-formed byte sequences). Three bytes of state.
package struct UTF8Validator: Sendable {
    /// Continuation bytes still missing from the character begun.
    private var missing: UInt8 = 0
    /// The range of the next continuation byte: narrower than 80–BF only after E0, ED, F0 and F4.
    private var low: UInt8 = 0x80
    private var high: UInt8 = 0xBF

    package init() {}

    /// Whether the bytes so far end at the end of a character.
    package var isComplete: Bool { missing == 0 }

    /// Checks the next bytes; false if one of them cannot follow. After that the validator is of no more use.
    package mutating func consume(_ bytes: Span<UInt8>) -> Bool {
        var state = self
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if state.missing == 0 {
                let next =
                    byte < 0x80
                    ? Self.endOfASCII(in: bytes, after: index) : Self.endOfPlainCharacters(in: bytes, from: index)
                if next > index {
                    index = next
                    continue
                }
            }
            guard state.accept(byte) else { return false }
            index &+= 1
        }
        self = state
        return true
    }

    private mutating func accept(_ byte: UInt8) -> Bool {
        guard missing == 0 else {
            guard byte >= low && byte <= high else { return false }
            missing &-= 1
            low = 0x80
            high = 0xBF
            return true
        }
        switch byte {
        case 0x00...0x7F: break
        case 0xC2...0xDF: missing = 1
        case 0xE0: begin(missing: 2, low: 0xA0)
        case 0xE1...0xEC, 0xEE...0xEF: missing = 2
        case 0xED: begin(missing: 2, high: 0x9F)
        case 0xF0: begin(missing: 3, low: 0x90)
        case 0xF1...0xF3: missing = 3
        case 0xF4: begin(missing: 3, high: 0x8F)
        default: return false
        }
        return true
    }

    private mutating func begin(missing: UInt8, low: UInt8 = 0x80, high: UInt8 = 0xBF) {
        self.missing = missing
        self.low = low
        self.high = high
    }

    /// Skips characters of two and three bytes that are valid whatever their leading byte: all but those of E0 and ED.
    private static func endOfPlainCharacters(in bytes: Span<UInt8>, from index: Int) -> Int {
        let raw = bytes.bytes
        var index = index
        while index &+ 4 <= raw.byteCount {
            let word = UInt32(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt32.self))
            let lead = word & 0xFF
            if word & 0xC0C0F0 == 0x8080E0 && lead != 0xE0 && lead != 0xED {
                index &+= 3
            } else if word & 0xC0E0 == 0x80C0 && lead >= 0xC2 {
                index &+= 2
            } else {
                break
            }
        }
        return index
    }

    /// The index of the first byte past `index` that is not ASCII, found 32 and then 8 bytes at a time.
    private static func endOfASCII(in bytes: Span<UInt8>, after index: Int) -> Int {
        let raw = bytes.bytes
        let highBits: UInt64 = 0x8080_8080_8080_8080
        let wideHighBits = SIMD4<UInt64>(repeating: highBits)
        var index = index &+ 1
        // The loads are bounds-checked; any bit pattern is a valid integer.
        while index &+ 32 <= raw.byteCount {
            let block = raw.unsafeLoadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self)
            if block & wideHighBits != .zero { break }
            index &+= 32
        }
        while index &+ 8 <= raw.byteCount {
            let word = UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)) & highBits
            if word != 0 { return index &+ word.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < bytes.count && bytes[index] < 0x80 { index &+= 1 }
        return index
    }
}
