/// What the line before a payload says.
struct NATSMessageHead {
    var subject: String
    var subscription: UInt64
    var reply: String?
    /// Bytes of headers at the front of `total`.
    var headerLength: Int
    /// Bytes of headers and payload.
    var total: Int
}

/// Reads one line of a server. It remembers the last subject, since one subject often comes many times in a row.
struct NATSLineParser {
    enum Line {
        case operation(NATSOperation)
        case message(NATSMessageHead)
    }

    private static let maximumFields = 5

    private var subject = ""
    private var subjectBytes: [UInt8] = []

    /// - Parameter text: the line without LF, with its CR.
    mutating func parse(_ text: Span<UInt8>) throws(NATSParseError) -> Line {
        guard text.count > 0, text[text.count - 1] == 0x0d else { throw .bareLineFeed }
        let line = text.extracting(0..<text.count - 1)
        if Self.starts(line, "MSG", arguments: true) {
            return .message(try head(line, from: 4, hasHeaders: false))
        }
        if Self.starts(line, "HMSG", arguments: true) {
            return .message(try head(line, from: 5, hasHeaders: true))
        }
        if Self.starts(line, "PING", arguments: false) { return .operation(.ping) }
        if Self.starts(line, "PONG", arguments: false) { return .operation(.pong) }
        if Self.starts(line, "+OK", arguments: false) { return .operation(.ok) }
        if Self.starts(line, "-ERR", arguments: true) {
            return .operation(.error(NATSServerError(text: Self.unquoted(line.string(5..<line.count)))))
        }
        if Self.starts(line, "INFO", arguments: true) {
            guard let info = NATSServerInfo(json: line.extracting(5..<line.count)) else { throw .badInfo }
            return .operation(.info(info))
        }
        throw .unknownOperation
    }

    /// Names of operations are read in either case. With arguments a space or tab must follow, else nothing but those.
    private static func starts(_ line: Span<UInt8>, _ name: StaticString, arguments: Bool) -> Bool {
        let length = name.utf8CodeUnitCount
        guard line.count >= length + (arguments ? 1 : 0) else { return false }
        let matches = name.withUTF8Buffer { name in
            for index in 0..<length {
                let byte = line[index]
                let upper = byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte
                if upper != name[index] { return false }
            }
            return true
        }
        guard matches else { return false }
        if arguments { return isSpace(line[length]) }
        for index in length..<line.count where !isSpace(line[index]) { return false }
        return true
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// `subject sid [reply] size`, with headers `subject sid [reply] header-size size`.
    private mutating func head(
        _ line: Span<UInt8>, from start: Int, hasHeaders: Bool
    ) throws(NATSParseError) -> NATSMessageHead {
        var fields = InlineArray<5, Range<Int>>(repeating: 0..<0)
        var count = 0
        var position = start
        while position < line.count {
            if Self.isSpace(line[position]) {
                position += 1
                continue
            }
            guard count < Self.maximumFields else { throw .badArguments }
            let first = position
            while position < line.count, !Self.isSpace(line[position]) { position += 1 }
            fields[count] = first..<position
            count += 1
        }
        let sizes = hasHeaders ? 2 : 1
        guard count == 2 + sizes || count == 3 + sizes, let subscription = Self.number(line, fields[1]),
            let total = Self.number(line, fields[count - 1]), total <= UInt32.max,
            let headerLength = hasHeaders ? Self.number(line, fields[count - 2]) : 0, headerLength <= total
        else { throw .badArguments }
        return NATSMessageHead(
            subject: subject(line, fields[0]), subscription: subscription,
            reply: count == 3 + sizes ? line.string(fields[2]) : nil, headerLength: Int(headerLength),
            total: Int(total))
    }

    private static func number(_ line: Span<UInt8>, _ range: Range<Int>) -> UInt64? {
        guard 1...19 ~= range.count else { return nil }
        var value: UInt64 = 0
        for index in range {
            let digit = line[index] &- 0x30
            guard digit <= 9 else { return nil }
            value = value * 10 + UInt64(digit)
        }
        return value
    }

    private mutating func subject(_ line: Span<UInt8>, _ range: Range<Int>) -> String {
        if range.count == subjectBytes.count {
            var isSame = true
            for index in 0..<range.count where line[range.lowerBound + index] != subjectBytes[index] {
                isSame = false
                break
            }
            if isSame { return subject }
        }
        subjectBytes = line.bytes(range)
        subject = line.string(range)
        return subject
    }

    private static func unquoted(_ text: String) -> String {
        var rest = Substring(text)
        while let first = rest.first, first == " " || first == "\t" || first == "'" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" || last == "'" { rest.removeLast() }
        return String(rest)
    }
}
