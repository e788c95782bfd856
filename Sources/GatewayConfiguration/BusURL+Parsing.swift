extension BusURL {
    /// Why a text is no bus URL. Holds nothing of the text, which may hold a password.
    struct Problem: Error {
        var message: String
        var hint: String
    }

    /// Reads one URL, or several with commas between them.
    ///
    /// Without a scheme `nats://` is meant: `nats:PASSWORD@10.142.0.2:4222`, `host:4222`, `host`.
    static func parse(list text: String) throws(Problem) -> [BusURL] {
        let pieces = text.split(separator: ",", omittingEmptySubsequences: false)
        guard pieces.count > 1 else { return [try parse(text)] }
        do throws(Problem) {
            var urls: [BusURL] = []
            for piece in pieces { urls.append(try parse(String(piece))) }
            return urls
        } catch {
            // A comma may also belong to a password.
            guard let whole = try? parse(text) else { throw error }
            return [whole]
        }
    }

    static func parse(_ text: String) throws(Problem) -> BusURL {
        let text = text.trimmed
        if text == "embedded:" || text == "embedded" { return .embedded }
        let (scheme, rest) = splitScheme(text)
        guard scheme == "nats" || scheme == "tls" else {
            throw Problem(
                message: "a bus URL with the scheme '\(scheme)' is not known",
                hint: "use embedded:, nats://HOST:PORT or tls://HOST:PORT")
        }
        var authority = rest
        if authority.hasSuffix("/") { authority.removeLast() }
        var server = NATSServerAddress(host: "", usesTLS: scheme == "tls")
        if let at = authority.lastIndex(of: "@") {
            logIn(authority[..<at], &server)
            authority = authority[authority.index(after: at)...]
        }
        guard let address = AddressText(String(authority)), let host = address.host, address.port != 0 else {
            throw Problem(
                message: "the bus URL's host and port cannot be read",
                hint: "write nats://USER:PASSWORD@HOST:4222, with special characters of the password percent-encoded")
        }
        server.host = host
        server.port = address.port ?? 4222
        return .nats(server)
    }

    /// Passwords and tokens a text holds, even if it cannot be read.
    static func secrets(in text: String) -> [String] {
        text.split(separator: ",").flatMap { secretsOfOne(String($0)) } + secretsOfOne(text)
    }

    private static func secretsOfOne(_ text: String) -> [String] {
        let rest = splitScheme(text.trimmed).rest
        guard let at = rest.lastIndex(of: "@") else { return [] }
        let credentials = rest[..<at]
        let secret = credentials.firstIndex(of: ":").map { credentials[credentials.index(after: $0)...] } ?? credentials
        return [String(secret), PercentText.decoded(secret)].filter { !$0.isEmpty }
    }

    private static func logIn(_ credentials: Substring, _ server: inout NATSServerAddress) {
        if let colon = credentials.firstIndex(of: ":") {
            server.user = PercentText.decoded(credentials[..<colon])
            server.password = PercentText.decoded(credentials[credentials.index(after: colon)...])
        } else if !credentials.isEmpty {
            server.token = PercentText.decoded(credentials)
        }
    }

    /// The scheme in lower case; what stands before `://` only counts as one if it looks like one.
    private static func splitScheme(_ text: String) -> (scheme: String, rest: Substring) {
        guard let separator = text.firstRange(of: "://") else { return ("nats", text[...]) }
        let scheme = text[..<separator.lowerBound]
        let isScheme = scheme.utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) }
        guard isScheme, !scheme.isEmpty else { return ("nats", text[...]) }
        return (scheme.lowercased(), text[separator.upperBound...])
    }
}

/// Percent-decoding of URL parts.
enum PercentText {
    /// Valid escapes decoded, anything else as it stands.
    static func decoded(_ text: Substring) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let value = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16),
                bytes[index + 1] != UInt8(ascii: "+"), bytes[index + 1] != UInt8(ascii: "-")
            {
                result.append(value)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension StringProtocol {
    /// Without white space at both ends.
    var trimmed: String {
        let start = drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
