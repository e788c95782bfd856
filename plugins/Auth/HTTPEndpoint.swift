/// A URL that the gateway itself asks: `http` or `https`, without a user or a fragment.
package struct HTTPEndpoint: Sendable, Hashable {
    package let isSecure: Bool
    /// A name or an address, without brackets.
    package let host: String
    package let port: Int
    /// Path and query, at least `/`.
    package let target: String

    package init?(_ url: String) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else { return nil }
        var rest: Substring
        if url.hasPrefix("https://") {
            isSecure = true
            rest = url.dropFirst(8)
        } else if url.hasPrefix("http://") {
            isSecure = false
            rest = url.dropFirst(7)
        } else {
            return nil
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        rest = rest.dropFirst(authority.count)
        target = rest.first == "/" ? String(rest) : "/" + rest
        let name: Substring
        let behind: Substring
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            name = authority[..<end].dropFirst()
            behind = authority[authority.index(after: end)...]
            guard name.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }), name.contains(":") else { return nil }
        } else {
            name = authority.prefix { $0 != ":" }
            behind = authority[name.endIndex...]
            guard name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "." || $0 == "-" || $0 == "_" }) else {
                return nil
            }
        }
        guard !name.isEmpty else { return nil }
        host = String(name)
        if behind.isEmpty {
            port = isSecure ? 443 : 80
        } else {
            guard let number = Int(behind.dropFirst()), 1...65535 ~= number, behind.first == ":",
                behind.dropFirst().allSatisfy(\.isNumber)
            else { return nil }
            port = number
        }
    }

    /// Whether what is sent there does not leave the machine.
    package var isLoopback: Bool {
        host == "localhost" || host == "::1"
            || host.hasPrefix("127.") && host.split(separator: ".").count == 4
                && host.allSatisfy { $0.isNumber || $0 == "." }
    }

    /// The `Host` field.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// For logs: without the query, which may hold a key.
    package var description: String {
        "\(isSecure ? "https" : "http")://\(authority)\(target.prefix { $0 != "?" })"
    }
}
