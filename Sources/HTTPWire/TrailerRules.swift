/// Which fields must not stand behind a body: those that frame, route, authorise or modify a message, or say how to
/// read its content (RFC 9110 §6.5.1).
enum TrailerRules {
    static func allows(_ bytes: Span<UInt8>, _ name: Range<Int>) -> Bool {
        for other in forbidden where bytes.matches(name, other) { return false }
        return true
    }

    private static let forbidden: [StaticString] = [
        "transfer-encoding", "content-length", "host", "connection", "keep-alive", "proxy-connection", "upgrade", "te",
        "trailer", "expect", "max-forwards", "cache-control", "pragma", "range", "if-match", "if-none-match",
        "if-modified-since", "if-unmodified-since", "if-range", "authorization", "proxy-authorization",
        "proxy-authenticate", "www-authenticate", "authentication-info", "proxy-authentication-info", "cookie",
        "set-cookie", "content-encoding", "content-type", "content-range", "age", "date", "expires", "location",
        "retry-after", "vary", "warning",
    ]
}
