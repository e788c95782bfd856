extension JSONReader {
    /// The bytes of a string, unescaped; valid UTF-8.
    ///
    /// Each byte that is no UTF-8 and each lone surrogate becomes U+FFFD, as in Go.
    /// A string of plain ASCII is not copied.
    mutating func string() throws(JSONError) -> ArraySlice<UInt8> {
        guard take(UInt8(ascii: "\"")) else { throw error("expected a string") }
        let start = position
        while let byte = current, byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\\"), byte != UInt8(ascii: "\"") {
            position += 1
        }
        if current == UInt8(ascii: "\"") {
            position += 1
            return bytes[start..<position - 1]
        }
        var out = bytes[start..<position]
        try decode(into: &out)
        return out
    }

    /// The rest of a string, up to and with the closing quote.
    private mutating func decode(into out: inout ArraySlice<UInt8>) throws(JSONError) {
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &out)
            case 0..<0x20:
                throw error("a control character in a string must be escaped")
            case 0x20..<0x80:
                out.append(byte)
                position += 1
            default:
                let length = scalarLength
                if length > 0 {
                    out.append(contentsOf: bytes[position..<position + length])
                } else {
                    out += replacement
                }
                position += max(length, 1)
            }
        }
        throw error("a string is not closed")
    }

    /// What follows a backslash.
    private mutating func escape(into out: inout ArraySlice<UInt8>) throws(JSONError) {
        guard let letter = current else { throw error("a string is not closed") }
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(letter)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "u"): return try unicodeEscape(into: &out)
        default: throw error("unknown escape in a string")
        }
        position += 1
    }

    /// `uXXXX`, or two of them that make a pair. The position is on the first `u`.
    private mutating func unicodeEscape(into out: inout ArraySlice<UInt8>) throws(JSONError) {
        guard var code = hexDigits(at: position + 1) else { throw error("expected four hexadecimal digits") }
        position += 5
        if code & 0xFC00 == 0xD800, bytes[position...].starts(with: #"\u"#.utf8),
            let low = hexDigits(at: position + 2), low & 0xFC00 == 0xDC00
        {
            code = 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF
            position += 6
        }
        guard let scalar = Unicode.Scalar(code) else {
            out += replacement
            return
        }
        out.append(contentsOf: UTF8.encode(scalar)!)
    }

    private func hexDigits(at start: Int) -> UInt32? {
        guard start + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for byte in bytes[start..<start + 4] {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// Length of the scalar of two to four bytes at the position, 0 if it is not valid UTF-8 (RFC 3629 §4).
    private var scalarLength: Int {
        func byte(_ offset: Int) -> UInt8 { position + offset < bytes.count ? bytes[position + offset] : 0 }
        func isTail(_ offset: Int) -> Bool { byte(offset) & 0xC0 == 0x80 }
        let second: ClosedRange<UInt8>
        let length: Int
        switch byte(0) {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return 0
        }
        guard second.contains(byte(1)), length < 3 || isTail(2), length < 4 || isTail(3) else { return 0 }
        return length
    }

    private var replacement: [UInt8] { [0xEF, 0xBF, 0xBD] }
}
