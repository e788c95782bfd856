/// The line before a chunk: its size in hexadecimal, and extensions that are checked and forgotten (RFC 9112 §7.1).
struct ChunkLine {
    private enum Phase {
        case size, blankAfterSize, nameStart, name, blankAfterName, valueStart, token, quoted, escaped, blankAfterValue
        case lf
    }

    /// Digits of a size, leading zeros included: no number that fits has more.
    private static var mostDigits: Int { 16 }
    /// Bytes of extensions in one body.
    private static var mostExtension: Int { 4096 }

    /// Bytes in the chunk; 0 for the last one. Valid once `take` has answered true.
    private(set) var size = 0
    private var digits = 0
    private var extensionBytes = 0
    private var phase = Phase.size

    /// Prepares for the next chunk; the count of extension bytes goes on.
    mutating func restart() {
        size = 0
        digits = 0
        phase = .size
    }

    /// Goes on by one byte. True when that byte ends the line.
    mutating func take(_ byte: UInt8) throws(Refusal) -> Bool {
        switch phase {
        case .size:
            if let digit = byte.hexValue { try addDigit(digit) } else { try endSize(byte) }
        case .lf:
            guard byte == .lf else { throw Refusal(.bareCR) }
            return true
        default:
            extensionBytes += 1
            guard extensionBytes <= Self.mostExtension else { throw Refusal(.chunkExtensionTooLong) }
            guard byte != .lf else { throw Refusal(.bareLF) }
            try takeExtension(byte)
        }
        return false
    }

    private mutating func addDigit(_ digit: Int) throws(Refusal) {
        guard size <= Int.max >> 4 else { throw Refusal(.bodyTooLarge) }
        digits += 1
        guard digits <= Self.mostDigits else { throw Refusal(.chunkSize) }
        size = size << 4 | digit
    }

    private mutating func endSize(_ byte: UInt8) throws(Refusal) {
        guard byte != .lf else { throw Refusal(.bareLF) }
        guard digits > 0 else { throw Refusal(.chunkSize) }
        switch byte {
        case .cr: phase = .lf
        case UInt8(ascii: ";"): phase = .nameStart
        // White space is taken where an extension follows, as the grammar says (BWS), and nowhere else.
        case .space, .tab: phase = .blankAfterSize
        default: throw Refusal(.chunkSize)
        }
    }

    private mutating func takeExtension(_ byte: UInt8) throws(Refusal) {
        switch phase {
        case .blankAfterSize:
            if byte == UInt8(ascii: ";") { phase = .nameStart } else if !byte.isBlank { throw Refusal(.chunkSize) }
        case .nameStart:
            if ByteSet.token.contains(byte) { phase = .name } else if !byte.isBlank { throw Refusal(.chunkExtension) }
        case .name:
            if !ByteSet.token.contains(byte) { try endPart(byte, blank: .blankAfterName, equals: true) }
        case .blankAfterName:
            try endPart(byte, blank: .blankAfterName, equals: true, line: false)
        case .valueStart:
            if byte == UInt8(ascii: "\"") {
                phase = .quoted
            } else if ByteSet.token.contains(byte) {
                phase = .token
            } else if !byte.isBlank {
                throw Refusal(.chunkExtension)
            }
        case .quoted:
            guard byte.isFieldText else { throw Refusal(.chunkExtension) }
            if byte == UInt8(ascii: "\"") { phase = .token } else if byte == UInt8(ascii: "\\") { phase = .escaped }
        case .escaped:
            guard byte.isFieldText else { throw Refusal(.chunkExtension) }
            phase = .quoted
        case .token:
            if !ByteSet.token.contains(byte) { try endPart(byte, blank: .blankAfterValue, equals: false) }
        case .blankAfterValue:
            try endPart(byte, blank: .blankAfterValue, equals: false, line: false)
        case .size, .lf: break
        }
    }

    /// What may follow a name or a value: `;`, white space, behind a name `=`, and the end of the line.
    private mutating func endPart(_ byte: UInt8, blank: Phase, equals: Bool, line: Bool = true) throws(Refusal) {
        switch byte {
        case UInt8(ascii: ";"): phase = .nameStart
        case UInt8(ascii: "=") where equals: phase = .valueStart
        case .space, .tab: phase = blank
        case .cr where line: phase = .lf
        default: throw Refusal(.chunkExtension)
        }
    }
}
