/// The header block of `HPUB` and `HMSG`: a version line, `Name: value` lines, an empty line.
///
/// Source: NATS architecture decision record 4 (message headers).
package enum NATSHeaderBlock {
    private static let version: StaticString = "NATS/1.0"

    /// Nil if a name or value could not be read back, or would end its line.
    package static func encode(_ headers: [(String, String)]) -> [UInt8]? {
        var block = Array("\(version)\r\n".utf8)
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ":") }),
                value.utf8.allSatisfy({ $0 != 0x0d && $0 != 0x0a })
            else { return nil }
            block.append(contentsOf: name.utf8)
            block.append(contentsOf: [UInt8(ascii: ":"), UInt8(ascii: " ")])
            block.append(contentsOf: value.utf8)
            block.append(contentsOf: [0x0d, 0x0a])
        }
        block.append(contentsOf: [0x0d, 0x0a])
        return block
    }

    /// Reads what it can: servers pass on what any client wrote, so a strange line is skipped, never an error.
    package static func decode(_ block: Span<UInt8>, into message: inout NATSMessage) {
        var start = 0
        var isFirst = true
        while start < block.count {
            let end = block.position(of: 0x0a, in: start..<block.count) ?? block.count
            let line = trimmed(block, start..<end)
            start = end + 1
            if isFirst {
                guard let status = status(block.string(line)) else { return }
                message.status = status.code == 0 ? nil : status
                isFirst = false
            } else if let header = header(block, line) {
                message.headers.append(header)
            }
        }
    }

    private static func header(_ block: Span<UInt8>, _ line: Range<Int>) -> (String, String)? {
        guard let colon = block.position(of: UInt8(ascii: ":"), in: line), colon > line.lowerBound else { return nil }
        let name = block.string(line.lowerBound..<colon)
        return (name, block.string(trimmed(block, colon + 1..<line.upperBound)))
    }

    /// Of `NATS/1.0 503 No Responders`; the code is 0 where there is none. Nil if the line is something else.
    private static func status(_ line: String) -> NATSStatus? {
        let fields = line.split(separator: " ", maxSplits: 2)
        guard fields.first.map({ $0 == version.description }) == true else { return nil }
        guard fields.count > 1, let code = Int(fields[1]), 100...999 ~= code else { return NATSStatus(code: 0) }
        return NATSStatus(code: code, text: fields.count > 2 ? String(fields[2]) : "")
    }

    /// Without spaces, tabs and CR at both ends.
    private static func trimmed(_ block: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, isSpace(block[start]) { start += 1 }
        while start < end, isSpace(block[end - 1]) { end -= 1 }
        return start..<end
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
}
