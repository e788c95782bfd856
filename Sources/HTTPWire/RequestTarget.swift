import PluginKit

/// Where the parts of a request target are (RFC 9112 §3.2).
struct RequestTarget {
    /// Empty in authority-form, `*` in asterisk-form, and empty for an absolute target without a path.
    var path: Range<Int>
    /// The authority that an absolute or authority-form target brings along.
    var authority: Range<Int>?

    /// Splits `range`, whose characters are those of a target, in the form that the method calls for.
    init(_ bytes: Span<UInt8>, _ range: Range<Int>, method: Method) throws(Refusal) {
        if case .connect = method {
            guard Authority.isValid(bytes, range, port: .required) else { throw Refusal(.connectPort) }
            path = range.upperBound..<range.upperBound
            authority = range
        } else if bytes[range.lowerBound] == UInt8(ascii: "/") {
            path = range.lowerBound..<bytes.first(UInt8(ascii: "?"), in: range)
            authority = nil
        } else if range.count == 1, bytes[range.lowerBound] == UInt8(ascii: "*") {
            guard case .options = method else { throw Refusal(.targetForm) }
            path = range
            authority = nil
        } else {
            (path, authority) = try Self.absolute(bytes, range)
        }
    }

    /// `http://authority/path?query`, also https. A user before the host is an error (RFC 9110 §4.2.4).
    private static func absolute(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(Refusal) -> (path: Range<Int>, authority: Range<Int>?) {
        let colon = bytes.first(UInt8(ascii: ":"), in: range)
        let scheme = range.lowerBound..<colon
        guard bytes.matches(scheme, "http") || bytes.matches(scheme, "https"), colon + 3 <= range.upperBound,
            bytes[colon + 1] == UInt8(ascii: "/"), bytes[colon + 2] == UInt8(ascii: "/")
        else { throw Refusal(.targetForm) }
        let start = colon + 3
        let question = bytes.first(UInt8(ascii: "?"), in: start..<range.upperBound)
        let slash = bytes.first(UInt8(ascii: "/"), in: start..<question)
        guard Authority.isValid(bytes, start..<slash) else { throw Refusal(.targetForm) }
        return (slash..<question, start..<slash)
    }
}
