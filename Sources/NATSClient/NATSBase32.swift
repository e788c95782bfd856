/// Base32 of RFC 4648, upper case, without padding: how keys are written.
package enum NATSBase32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        digits(bytes, bitsEach: 5, alphabet)
    }

    /// Nil for another alphabet, a length that no bytes have, or bits left over that are not zero: so one text stands
    /// for one value only.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var result: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text.utf8 {
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - UInt8(ascii: "A")
            case UInt8(ascii: "2")...UInt8(ascii: "7"): value = byte - UInt8(ascii: "2") + 26
            default: return nil
            }
            bits = bits << 5 | UInt32(value)
            count += 5
            if count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        guard count < 5, bits & (1 << UInt32(count) - 1) == 0 else { return nil }
        return result
    }
}

/// Base64 with the alphabet for URLs of RFC 4648, without padding: how signatures are written.
package enum NATSBase64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        digits(bytes, bitsEach: 6, alphabet)
    }
}

/// `bytes` as digits of so many bits, the last filled up with zeros.
private func digits(_ bytes: [UInt8], bitsEach width: Int, _ alphabet: [UInt8]) -> String {
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count * 8 + width - 1) / width)
    let mask = UInt32(alphabet.count - 1)
    var bits: UInt32 = 0
    var count = 0
    for byte in bytes {
        bits = bits << 8 | UInt32(byte)
        count += 8
        while count >= width {
            count -= width
            result.append(alphabet[Int(bits >> UInt32(count) & mask)])
        }
    }
    if count > 0 { result.append(alphabet[Int(bits << UInt32(width - count) & mask)]) }
    return String(decoding: result, as: UTF8.self)
}
