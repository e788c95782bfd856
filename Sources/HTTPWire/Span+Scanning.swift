extension Span<UInt8> {
    /// The first index from `start` on that holds a control character (0x00…0x1F, 0x7F), or `count`.
    ///
    /// Eight bytes at a time: of the flags in `hits` the lowest is exact, those above it may be carried over.
    @inline(__always)
    func firstControl(from start: Int) -> Int {
        var index = start
        let raw = bytes
        while index &+ 8 <= count {
            let word = UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            let belowSpace = (word &- 0x2020_2020_2020_2020) & ~word
            let noDelete = word ^ 0x7F7F_7F7F_7F7F_7F7F
            let delete = (noDelete &- 0x0101_0101_0101_0101) & ~noDelete
            let hits = (belowSpace | delete) & 0x8080_8080_8080_8080
            if hits != 0 { return index &+ hits.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < count {
            let byte = self[index]
            if byte < 0x20 || byte == 0x7F { return index }
            index &+= 1
        }
        return index
    }

    /// The first index in `range` that holds `byte`, or its end.
    @inline(__always)
    func first(_ byte: UInt8, in range: Range<Int>) -> Int {
        var index = range.lowerBound
        while index < range.upperBound, self[index] != byte { index &+= 1 }
        return index
    }

    /// `range` without spaces and tabs at both ends.
    @inline(__always)
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, self[lower].isBlank { lower &+= 1 }
        while upper > lower, self[upper &- 1].isBlank { upper &-= 1 }
        return lower..<upper
    }

    /// Whether `range` holds `text` without regard to ASCII case.
    ///
    /// `text` has lower-case letters, digits and `-` only, and the bytes no control characters: then a set bit 0x20
    /// makes no two different characters equal.
    func matches(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count where self[range.lowerBound &+ offset] | 0x20 != text.utf8Start[offset] | 0x20 {
            return false
        }
        return true
    }

    /// Calls `body` with each element of a comma-separated list, white space trimmed, empty ones included.
    @inline(__always)
    func forEachElement(of list: Range<Int>, _ body: (Range<Int>) throws(Refusal) -> Void) throws(Refusal) {
        var start = list.lowerBound
        while true {
            let comma = first(UInt8(ascii: ","), in: start..<list.upperBound)
            try body(trimmed(start..<comma))
            if comma == list.upperBound { return }
            start = comma &+ 1
        }
    }
}
