/// Reads one JSON value, depth-limited. The bytes are passed to each call; only the position is kept.
struct NATSJSONReader {
    private static let maximumDepth = 16

    private var position = 0

    mutating func isAtEnd(_ text: Span<UInt8>) -> Bool {
        skipSpace(text)
        return position == text.count
    }

    mutating func value(_ text: Span<UInt8>, depth: Int) -> NATSJSON? {
        guard depth < Self.maximumDepth else { return nil }
        skipSpace(text)
        guard let first = peek(text) else { return nil }
        switch first {
        case UInt8(ascii: "{"): return object(text, depth: depth)
        case UInt8(ascii: "["): return array(text, depth: depth)
        case UInt8(ascii: "\""): return string(text).map(NATSJSON.string)
        case UInt8(ascii: "t"): return word("true", text) ? .bool(true) : nil
        case UInt8(ascii: "f"): return word("false", text) ? .bool(false) : nil
        case UInt8(ascii: "n"): return word("null", text) ? .null : nil
        default: return number(text)
        }
    }

    private func peek(_ text: Span<UInt8>) -> UInt8? { position < text.count ? text[position] : nil }

    private mutating func skipSpace(_ text: Span<UInt8>) {
        while let byte = peek(text), byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    /// Takes `byte` if it comes next after whitespace.
    private mutating func take(_ byte: UInt8, _ text: Span<UInt8>) -> Bool {
        skipSpace(text)
        guard peek(text) == byte else { return false }
        position += 1
        return true
    }

    private mutating func word(_ word: StaticString, _ text: Span<UInt8>) -> Bool {
        for byte in word.description.utf8 {
            guard peek(text) == byte else { return false }
            position += 1
        }
        return true
    }

    private mutating func object(_ text: Span<UInt8>, depth: Int) -> NATSJSON? {
        position += 1
        var members: [String: NATSJSON] = [:]
        if take(UInt8(ascii: "}"), text) { return .object(members) }
        repeat {
            skipSpace(text)
            guard peek(text) == UInt8(ascii: "\""), let key = string(text), take(UInt8(ascii: ":"), text),
                let value = value(text, depth: depth + 1)
            else { return nil }
            members[key] = value
        } while take(UInt8(ascii: ","), text)
        return take(UInt8(ascii: "}"), text) ? .object(members) : nil
    }

    private mutating func array(_ text: Span<UInt8>, depth: Int) -> NATSJSON? {
        position += 1
        var elements: [NATSJSON] = []
        if take(UInt8(ascii: "]"), text) { return .array(elements) }
        repeat {
            guard let value = value(text, depth: depth + 1) else { return nil }
            elements.append(value)
        } while take(UInt8(ascii: ","), text)
        return take(UInt8(ascii: "]"), text) ? .array(elements) : nil
    }

    private mutating func number(_ text: Span<UInt8>) -> NATSJSON? {
        let start = position
        var isInteger = true
        if peek(text) == UInt8(ascii: "-") { position += 1 }
        guard digits(text) else { return nil }
        if peek(text) == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            guard digits(text) else { return nil }
        }
        if let byte = peek(text), byte | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            if let sign = peek(text), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            guard digits(text) else { return nil }
        }
        let number = text.string(start..<position)
        return isInteger ? Int(number).map(NATSJSON.integer) ?? .otherNumber(number) : .otherNumber(number)
    }

    /// At least one.
    private mutating func digits(_ text: Span<UInt8>) -> Bool {
        let start = position
        while let byte = peek(text), byte >= 0x30, byte <= 0x39 { position += 1 }
        return position > start
    }

    private mutating func string(_ text: Span<UInt8>) -> String? {
        position += 1
        var bytes: [UInt8] = []
        while let byte = peek(text) {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escape(text) else { return nil }
                bytes.append(contentsOf: String(scalar).utf8)
            case 0..<0x20: return nil
            default: bytes.append(byte)
            }
        }
        return nil
    }

    private mutating func escape(_ text: Span<UInt8>) -> Unicode.Scalar? {
        guard let byte = peek(text) else { return nil }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return unicodeEscape(text)
        default: return nil
        }
    }

    private mutating func unicodeEscape(_ text: Span<UInt8>) -> Unicode.Scalar? {
        guard let unit = hexUnit(text) else { return nil }
        guard 0xd800..<0xe000 ~= unit else { return Unicode.Scalar(unit) }
        // Half a pair is no character, but no reason to give up a server either.
        guard unit < 0xdc00, peek(text) == UInt8(ascii: "\\"), position + 1 < text.count,
            text[position + 1] == UInt8(ascii: "u")
        else { return "\u{fffd}" }
        position += 2
        guard let low = hexUnit(text) else { return nil }
        guard 0xdc00..<0xe000 ~= low else { return "\u{fffd}" }
        return Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00))
    }

    private mutating func hexUnit(_ text: Span<UInt8>) -> UInt32? {
        guard position + 4 <= text.count else { return nil }
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(text[position])).hexDigitValue else { return nil }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }
}
