/// A set of ASCII characters as 128 bits. Bytes from 0x80 on are never in it.
struct ByteSet {
    private let low: UInt64
    private let high: UInt64

    /// Bit n of `low` is character n, bit n of `high` is character 64 + n.
    private init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        let half = byte & 0x40 == 0 ? low : high
        return byte < 0x80 && half &>> UInt64(byte) & 1 != 0
    }

    /// `tchar` of RFC 9110 §5.6.2: digits, letters and ``!#$%&'*+-.^_`|~``.
    @inline(__always)
    static var token: ByteSet { ByteSet(low: 0x03ff_6cfa_0000_0000, high: 0x57ff_ffff_c7ff_fffe) }

    /// Visible characters but `#`: a target has no fragment (RFC 9112 §3.2).
    ///
    /// Browsers send some characters raw that RFC 3986 wants escaped (`|`, `{`, `"`), so these pass.
    @inline(__always)
    static var target: ByteSet { ByteSet(low: 0xffff_fff6_0000_0000, high: 0x7fff_ffff_ffff_ffff) }

    /// `unreserved` and `sub-delims` of RFC 3986: what a host name may have besides escapes.
    @inline(__always)
    static var hostName: ByteSet { ByteSet(low: 0x2bff_7fd2_0000_0000, high: 0x47ff_fffe_87ff_fffe) }
}

extension UInt8 {
    @inline(__always)
    static var cr: UInt8 { 0x0D }
    @inline(__always)
    static var lf: UInt8 { 0x0A }
    @inline(__always)
    static var space: UInt8 { 0x20 }
    @inline(__always)
    static var tab: UInt8 { 0x09 }

    @inline(__always)
    var isBlank: Bool { self == .space || self == .tab }

    @inline(__always)
    var isDigit: Bool { self &- 0x30 < 10 }

    /// HTAB, SP, VCHAR or obs-text: what a field value may have (RFC 9110 §5.5).
    @inline(__always)
    var isFieldText: Bool { self >= .space && self != 0x7F || self == .tab }

    /// The value of a hexadecimal digit, or nil.
    @inline(__always)
    var hexValue: Int? {
        if isDigit { return Int(self &- 0x30) }
        let letter = (self | 0x20) &- 0x61
        return letter < 6 ? Int(letter) + 10 : nil
    }
}
