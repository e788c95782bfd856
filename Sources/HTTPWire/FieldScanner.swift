/// Finds the field lines of a header or trailer section, byte for byte once, however the bytes arrive.
///
/// - Strict: CRLF only, no folding, no white space around names, no control characters (RFC 9112 §2.2, §5).
/// - Positions count from the first byte of the span that each call is given; every call sees the same bytes and more.
struct FieldScanner {
    enum Step {
        /// A field line was found: `name` and `value` say where.
        case field
        /// The empty line was found: `position` is behind it.
        case end
        case needMore
    }

    private enum Phase {
        case lineStart, name, value, valueLF, lastLF
    }

    /// Everything before it has been looked at.
    private(set) var position: Int
    /// The last field's name.
    private(set) var name: Range<Int>
    /// The last field's value without the white space around it.
    private(set) var value: Range<Int>
    private var phase: Phase

    init(position: Int = 0) {
        self.position = position
        name = 0..<0
        value = 0..<0
        phase = .lineStart
    }

    mutating func next(_ bytes: Span<UInt8>) throws(Refusal) -> Step {
        while true {
            switch phase {
            case .lineStart:
                guard position < bytes.count else { return .needMore }
                try beginLine(bytes[position])
            case .name:
                guard try scanName(bytes) else { return .needMore }
            case .value:
                guard try scanValue(bytes) else { return .needMore }
            case .valueLF:
                guard position < bytes.count else { return .needMore }
                try expectLF(bytes[position])
                value = bytes.trimmed(value)
                phase = .lineStart
                return .field
            case .lastLF:
                guard position < bytes.count else { return .needMore }
                try expectLF(bytes[position])
                return .end
            }
        }
    }

    @inline(__always)
    private mutating func beginLine(_ byte: UInt8) throws(Refusal) {
        if byte == .cr {
            position &+= 1
            phase = .lastLF
        } else if ByteSet.token.contains(byte) {
            name = position..<position
            phase = .name
        } else {
            throw Refusal(byte == .lf ? .bareLF : byte.isBlank ? .folding : .fieldName)
        }
    }

    @inline(__always)
    private mutating func scanName(_ bytes: Span<UInt8>) throws(Refusal) -> Bool {
        var index = position
        while index < bytes.count, ByteSet.token.contains(bytes[index]) { index &+= 1 }
        position = index
        guard index < bytes.count else { return false }
        guard bytes[index] == UInt8(ascii: ":") else { throw Self.badName(bytes[index]) }
        name = name.lowerBound..<index
        position = index &+ 1
        value = position..<position
        phase = .value
        return true
    }

    @inline(__always)
    private mutating func scanValue(_ bytes: Span<UInt8>) throws(Refusal) -> Bool {
        var index = bytes.firstControl(from: position)
        while index < bytes.count, bytes[index] == .tab { index = bytes.firstControl(from: index &+ 1) }
        position = index
        guard index < bytes.count else { return false }
        guard bytes[index] == .cr else { throw Refusal(bytes[index] == .lf ? .bareLF : .fieldValue) }
        value = value.lowerBound..<index
        position = index &+ 1
        phase = .valueLF
        return true
    }

    @inline(__always)
    private mutating func expectLF(_ byte: UInt8) throws(Refusal) {
        guard byte == .lf else { throw Refusal(.bareCR) }
        position &+= 1
    }

    private static func badName(_ byte: UInt8) -> Refusal {
        switch byte {
        case .space, .tab: Refusal(.spaceBeforeColon)
        case .lf: Refusal(.bareLF)
        default: Refusal(.fieldName)
        }
    }
}
