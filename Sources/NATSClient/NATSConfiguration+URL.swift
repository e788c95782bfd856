/// Why a NATS URL cannot be used. The text never quotes credentials.
public struct NATSURLError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
}

extension NATSConfiguration {
    /// Reads `nats://user:password@host:port`, a list of those with commas between them, and the forms without a
    /// scheme.
    ///
    /// - `tls://` demands TLS; all of a list must have it, or none.
    /// - `token@host` is a token. Credentials may stand in any of the URLs, but must not differ.
    /// - Credentials are percent-decoded.
    public init(url text: String) throws(NATSURLError) {
        self.init(servers: [])
        var schemes: Set<Bool> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            schemes.insert(try add(part))
        }
        guard schemes.count == 1 else {
            throw NATSURLError(description: "the NATS URLs of one list must all begin with tls://, or none")
        }
        if schemes == [true] { tls = NATSTLSConfiguration() }
    }

    /// Returns whether TLS is demanded.
    private mutating func add(_ text: Substring) throws(NATSURLError) -> Bool {
        var isSecure = false
        var rest = text.drop { $0 == " " }
        while rest.last == " " { rest.removeLast() }
        if let scheme = Self.scheme(of: rest) {
            isSecure = scheme.lowercased() == "tls"
            guard isSecure || scheme.lowercased() == "nats" else {
                throw NATSURLError(description: "the scheme '\(scheme)' is not supported; use nats:// or tls://")
            }
            rest = rest.dropFirst(scheme.count + 3)
        }
        if rest.hasSuffix("/") { rest.removeLast() }
        if let at = rest.lastIndex(of: "@") {
            try add(credentials: rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        guard let address = NATSServerAddress(rest) else {
            throw NATSURLError(description: "a NATS URL needs a host and perhaps a port: nats://host:4222")
        }
        servers.append(address)
        return isSecure
    }

    private static func scheme(of text: Substring) -> Substring? {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return nil }
        return text[..<colon]
    }

    private mutating func add(credentials text: Substring) throws(NATSURLError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let decoded = parts.compactMap(Self.percentDecoded)
        guard decoded.count == parts.count, !decoded[0].isEmpty else {
            throw NATSURLError(description: "the credentials in the NATS URL are empty or badly percent-encoded")
        }
        let isToken = decoded.count == 1
        let new = (user: isToken ? nil : decoded[0], password: isToken ? nil : decoded[1], isToken ? decoded[0] : nil)
        guard (user == nil && token == nil) || (user, password, token) == new else {
            throw NATSURLError(description: "the NATS URLs of one list have different credentials")
        }
        (user, password, token) = new
    }

    /// Nil if an escape is broken or the result is not UTF-8.
    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var source = text.utf8.makeIterator()
        while let byte = source.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = source.next().flatMap(hexValue), let low = source.next().flatMap(hexValue) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init)
    }
}
