internal import PluginKit

/// A 400 in words.
struct JSONError: Error {
    var message: String

    init(_ message: String) { self.message = message }
}

/// Reads one JSON document front to back, without building a tree.
///
/// The grammar is RFC 8259, held strictly. Reading does not recurse, so nesting costs no stack.
struct JSONReader {
    /// Containers within containers, the outermost counted.
    static let maximumDepth = 1_000

    let bytes: Payload
    var position = 0
    private var isFirstKey = true

    init(_ bytes: Payload) { self.bytes = bytes }

    /// Whether only white space is left.
    mutating func isAtEnd() -> Bool { peek() == nil }

    mutating func openObject() throws(JSONError) {
        guard take(UInt8(ascii: "{")) else { throw error("expected an object") }
        isFirstKey = true
    }

    /// The next key of the object opened last, with its colon read; nil once the object is closed.
    mutating func nextKey() throws(JSONError) -> ArraySlice<UInt8>? {
        if take(UInt8(ascii: "}")) { return nil }
        guard isFirstKey || take(UInt8(ascii: ",")) else { throw error("expected ',' or '}'") }
        isFirstKey = false
        return try key()
    }

    mutating func key() throws(JSONError) -> ArraySlice<UInt8> {
        guard peek() == UInt8(ascii: "\"") else { throw error("expected a key in double quotes") }
        let key = try string()
        guard take(UInt8(ascii: ":")) else { throw error("expected ':'") }
        return key
    }

    mutating func takeNull() throws(JSONError) -> Bool {
        guard peek() == UInt8(ascii: "n") else { return false }
        try word("null")
        return true
    }

    /// A number without fraction or exponent that fits in 64 bits.
    mutating func integer() throws(JSONError) -> Int64 {
        guard let first = peek(), first == UInt8(ascii: "-") || Self.isDigit(first) else {
            throw error("expected an integer")
        }
        let start = position
        guard try number() else { throw error("expected an integer, without fraction or exponent") }
        let digits = bytes[start..<position]
        var value: Int64 = 0
        // Downwards, because the smallest integer has no positive counterpart.
        for digit in first == UInt8(ascii: "-") ? digits.dropFirst() : digits {
            let (tens, tooBig) = value.multipliedReportingOverflow(by: 10)
            let (next, tooSmall) = tens.subtractingReportingOverflow(Int64(digit &- UInt8(ascii: "0")))
            if tooBig || tooSmall { throw error("the number does not fit in 64 bits") }
            value = next
        }
        if first == UInt8(ascii: "-") { return value }
        guard value != .min else { throw error("the number does not fit in 64 bits") }
        return -value
    }

    /// Reads a number; false if it has a fraction or an exponent.
    mutating func number() throws(JSONError) -> Bool {
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") { position += 1 } else { try digits() }
        let end = position
        if current == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if let byte = current, byte | 0x20 == UInt8(ascii: "e") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        return position == end
    }

    mutating func word(_ word: StaticString) throws(JSONError) {
        let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard bytes[position...].starts(with: letters) else { throw error("expected a value") }
        position += letters.count
    }

    /// The byte after any white space, which is passed over; nil at the end.
    mutating func peek() -> UInt8? {
        while let byte = current {
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            position += 1
        }
        return nil
    }

    /// Reads `byte` if it comes next, white space aside.
    mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// An error that says where it is: `expected ':' at byte 4`, the first byte being 1.
    func error(_ message: String) -> JSONError {
        JSONError("\(message) at \(position < bytes.count ? "byte \(position + 1)" : "the end of the body")")
    }

    private mutating func digits() throws(JSONError) {
        guard let first = current, Self.isDigit(first) else { throw error("expected a digit") }
        while let byte = current, Self.isDigit(byte) { position += 1 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
