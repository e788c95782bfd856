/// Percent escapes (RFC 3986 §2.1) on bytes. An escape that is cut short or not hexadecimal stands for itself.
enum PercentCoding {
    /// Decodes once.
    ///
    /// - `keepSlash`: an escaped slash stays an escape, written `%2F`.
    static func decode(_ raw: Span<UInt8>, _ range: Range<Int>, keepSlash: Bool = false) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            guard let byte = escape(raw, at: index, end: range.upperBound) else {
                decoded.append(raw[index])
                index += 1
                continue
            }
            if keepSlash, byte == UInt8(ascii: "/") {
                decoded.append(contentsOf: "%2F".utf8)
            } else {
                decoded.append(byte)
            }
            index += 3
        }
        return decoded
    }

    /// As `decode`, with wrong UTF-8 repaired. Without escapes it allocates the string alone, if that.
    static func decodedText(_ raw: Span<UInt8>, _ range: Range<Int>) -> String {
        let part = raw.extracting(range)
        return part.contains(UInt8(ascii: "%")) ? String(decoding: decode(raw, range), as: UTF8.self) : part.text()
    }

    /// The byte that the escape at `index` stands for; nil if there is no valid escape.
    static func escape(_ raw: Span<UInt8>, at index: Int, end: Int) -> UInt8? {
        guard raw[index] == UInt8(ascii: "%"), index + 2 < end,
            let high = digit(raw[index + 1]), let low = digit(raw[index + 2])
        else { return nil }
        return high << 4 | low
    }

    /// Appends bytes that are already percent-encoded, and escapes what a URI may not hold: controls (CR and LF among
    /// them), spaces, quotes, backslashes, bytes outside ASCII, a `%` that starts no escape.
    ///
    /// - `extra`: further bytes that may stand as they are.
    static func appendSafely(
        _ raw: Span<UInt8>, _ range: Range<Int>, to text: inout [UInt8], extra: StaticString = ""
    ) {
        for index in range {
            let byte = raw[index]
            let isPlain =
                byte == UInt8(ascii: "%")
                ? escape(raw, at: index, end: range.upperBound) != nil : isPathByte(byte) || extra.contains(byte)
            if isPlain { text.append(byte) } else { appendEscape(byte, to: &text) }
        }
    }

    static func appendEscape(_ byte: UInt8, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "%"))
        text.append(hexDigit(byte >> 4))
        text.append(hexDigit(byte & 15))
    }

    /// Unreserved, sub-delims, `:`, `@`, `/` (RFC 3986 §3.3).
    static func isPathByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "&")...UInt8(ascii: ";"): true  // & ' ( ) * + , - . / 0-9 : ;
        case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "="), UInt8(ascii: "@"), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension StaticString {
    fileprivate func contains(_ byte: UInt8) -> Bool {
        withUTF8Buffer { $0.contains(byte) }
    }
}
