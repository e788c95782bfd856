/// Hosts and ports (RFC 3986 §3.2.2, RFC 9110 §7.2).
enum Authority {
    enum Port {
        case optional, required
    }

    /// Whether `range` is `host` or `host:port`: no user, no empty host, port at most 65535.
    ///
    /// An address in brackets must be IPv6: no other kind was ever defined.
    static func isValid(_ bytes: Span<UInt8>, _ range: Range<Int>, port: Port = .optional) -> Bool {
        guard !range.isEmpty, let end = hostEnd(bytes, range) else { return false }
        if end == range.upperBound { return port == .optional }
        guard end > range.lowerBound, bytes[end] == UInt8(ascii: ":") else { return false }
        let digits = end + 1..<range.upperBound
        // `host:` without digits is allowed by the grammar and means the scheme's port.
        if digits.isEmpty { return port == .optional }
        guard digits.count <= 5 else { return false }
        var number = 0
        for index in digits {
            guard bytes[index].isDigit else { return false }
            number = number * 10 + Int(bytes[index] &- 0x30)
        }
        return number <= 65535 && (port == .optional || number > 0)
    }

    /// Where the host ends, or nil if it has a character that it must not have.
    private static func hostEnd(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        if bytes[range.lowerBound] == UInt8(ascii: "[") {
            let close = bytes.first(UInt8(ascii: "]"), in: range)
            guard close < range.upperBound, isIPv6(bytes, range.lowerBound + 1..<close) else { return nil }
            return close + 1
        }
        var index = range.lowerBound
        while index < range.upperBound, bytes[index] != UInt8(ascii: ":") {
            if ByteSet.hostName.contains(bytes[index]) {
                index += 1
            } else {
                guard bytes[index] == UInt8(ascii: "%"), index + 2 < range.upperBound,
                    bytes[index + 1].hexValue != nil, bytes[index + 2].hexValue != nil
                else { return nil }
                index += 3
            }
        }
        return index
    }

    /// `IPv6address` of RFC 3986: eight groups, or fewer with one `::`; the last two may be an IPv4 address.
    private static func isIPv6(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let colon = UInt8(ascii: ":")
        var groups = 0
        var compressed = false
        var index = range.lowerBound
        if range.count >= 2, bytes[index] == colon, bytes[index + 1] == colon {
            compressed = true
            index += 2
        }
        while index < range.upperBound {
            let end = bytes.first(colon, in: index..<range.upperBound)
            if end == range.upperBound, isIPv4(bytes, index..<end) {
                groups += 2
                break
            }
            guard 1...4 ~= end - index, isHex(bytes, index..<end) else { return false }
            groups += 1
            if end == range.upperBound { break }
            index = end + 1
            if index == range.upperBound { return false }
            if bytes[index] == colon {
                if compressed { return false }
                compressed = true
                index += 1
            }
        }
        return compressed ? groups <= 7 : groups == 8
    }

    private static func isHex(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        for index in range where bytes[index].hexValue == nil { return false }
        return true
    }

    /// Four decimal numbers up to 255 without leading zeros.
    private static func isIPv4(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var parts = 0
        var start = range.lowerBound
        while true {
            let dot = bytes.first(UInt8(ascii: "."), in: start..<range.upperBound)
            guard 1...3 ~= dot - start, dot - start == 1 || bytes[start] != 0x30 else { return false }
            var number = 0
            for index in start..<dot {
                guard bytes[index].isDigit else { return false }
                number = number * 10 + Int(bytes[index] &- 0x30)
            }
            parts += 1
            guard number <= 255, parts <= 4 else { return false }
            if dot == range.upperBound { return parts == 4 }
            start = dot + 1
        }
    }
}
