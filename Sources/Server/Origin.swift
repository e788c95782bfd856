/// Which web pages may open a socket (RFC 6455 §10.2).
enum Origin {
    /// A client without an Origin is no browser, and allowed.
    ///
    /// - Parameters:
    ///   - host: the request's own, with any port.
    ///   - allowed: nil: the origin's host must be the request's own (its scheme is not compared: a proxy in front may have
    ///     taken TLS off); `*`: any; else one of these, as browsers send it.
    static func isAllowed(_ origin: String?, host: String, _ allowed: [String]?) -> Bool {
        guard let origin = origin?.lowercased() else { return true }
        if let allowed { return allowed.contains { $0 == "*" || $0.lowercased() == origin } }
        guard let schemeEnd = origin.firstRange(of: "://")?.upperBound else { return false }
        return withoutDefaultPort(String(origin[schemeEnd...])) == withoutDefaultPort(host.lowercased())
    }

    private static func withoutDefaultPort(_ host: String) -> String {
        for port in [":80", ":443"] where host.hasSuffix(port) { return String(host.dropLast(port.count)) }
        return host
    }
}
