/// The implicit types of YAML 1.1 plain scalars (yaml.org/type), in the dialect of App Engine's loader:
/// exponents need a dot and a sign (`1e3` is text), `08` is text, `y` and `n` are booleans.
enum ScalarResolution {
    /// Longer runs of digits than any setting or name can use stay text.
    private static let longestNumber = 256

    static func value(of text: String) -> YAMLScalar.Value {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE": return .boolean(true)
        case "n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE": return .boolean(false)
        default: break
        }
        let bytes = Array(text.utf8)
        guard bytes.count <= longestNumber else { return .string }
        if let digits = integer(bytes) { return .integer(digits) }
        return isFloat(bytes[...]) ? .float : .string
    }

    private static func integer(_ bytes: [UInt8]) -> String? {
        var rest = bytes[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        guard let magnitude = magnitude(rest) else { return nil }
        return isNegative && magnitude != "0" ? "-" + magnitude : magnitude
    }

    /// An unsigned integer as decimal text.
    private static func magnitude(_ text: ArraySlice<UInt8>) -> String? {
        guard let first = text.first, isDigit(first) else { return nil }
        guard first == UInt8(ascii: "0") else {
            return text.contains(UInt8(ascii: ":")) ? sexagesimal(text) : digits(text, base: 10)
        }
        let rest = text.dropFirst()
        switch rest.first {
        case nil: return "0"
        case UInt8(ascii: "x"): return digits(rest.dropFirst(), base: 16)
        case UInt8(ascii: "b"): return digits(rest.dropFirst(), base: 2)
        // At least the leading zero counts, so `0_` is zero.
        default: return digits(text, base: 8)
        }
    }

    private static func digits(_ text: ArraySlice<UInt8>, base: Int) -> String? {
        var number = DecimalNumber()
        var sawDigit = false
        for byte in text where byte != UInt8(ascii: "_") {
            guard let digit = hexValue(byte), digit < base else { return nil }
            number.multiply(by: base, adding: digit)
            sawDigit = true
        }
        return sawDigit ? number.description : nil
    }

    /// `1:30`: groups of one or two digits below 60 behind the first.
    private static func sexagesimal(_ text: ArraySlice<UInt8>) -> String? {
        let groups = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var number = DecimalNumber()
        for byte in groups[0] where byte != UInt8(ascii: "_") {
            guard isDigit(byte) else { return nil }
            number.multiply(by: 10, adding: Int(byte & 0xF))
        }
        for group in groups.dropFirst() {
            guard (1...2).contains(group.count), group.allSatisfy(isDigit) else { return nil }
            let value = group.reduce(0) { $0 * 10 + Int($1 & 0xF) }
            guard value < 60 else { return nil }
            number.multiply(by: 60, adding: value)
        }
        return number.description
    }

    /// `1.5`, `1.`, `.5`, `1.5e+3`, `1:30.5`, `.inf`, `.nan`.
    private static func isFloat(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        let isSigned = rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+")
        if isSigned { rest.removeFirst() }
        switch String(decoding: rest, as: UTF8.self) {
        case ".inf", ".Inf", ".INF": return true
        case ".nan", ".NaN", ".NAN": return !isSigned
        default: break
        }
        guard let dot = rest.firstIndex(of: UInt8(ascii: ".")) else { return false }
        let whole = rest[..<dot]
        var fraction = rest[rest.index(after: dot)...]
        if let exponent = fraction.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) {
            guard !whole.contains(UInt8(ascii: ":")), isExponent(fraction[(exponent + 1)...]) else { return false }
            fraction = fraction[..<exponent]
        }
        guard fraction.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: "_") }) else { return false }
        if whole.isEmpty { return !isSigned && fraction.first.map(isDigit) == true }
        guard isDigit(whole[whole.startIndex]) else { return false }
        if whole.contains(UInt8(ascii: ":")) { return sexagesimal(whole) != nil }
        return whole.allSatisfy { isDigit($0) || $0 == UInt8(ascii: "_") }
    }

    private static func isExponent(_ text: ArraySlice<UInt8>) -> Bool {
        guard let sign = text.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return false }
        return text.count > 1 && text.dropFirst().allSatisfy(isDigit)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func hexValue(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte - 0x30)
        case 0x41...0x46: Int(byte - 0x41) + 10
        case 0x61...0x66: Int(byte - 0x61) + 10
        default: nil
        }
    }
}

/// A natural number of any size, kept as decimal digits.
private struct DecimalNumber: CustomStringConvertible {
    /// Least significant first.
    private var digits: [UInt8] = []

    mutating func multiply(by factor: Int, adding term: Int) {
        var carry = term
        for index in digits.indices {
            carry += Int(digits[index]) * factor
            digits[index] = UInt8(carry % 10)
            carry /= 10
        }
        while carry > 0 {
            digits.append(UInt8(carry % 10))
            carry /= 10
        }
    }

    var description: String {
        digits.isEmpty ? "0" : String(decoding: digits.reversed().map { $0 + 0x30 }, as: UTF8.self)
    }
}
