import FoundationEssentials

/// A request to be explained, as it would arrive.
struct ExplainedRequest {
    var method: String
    var scheme: String
    var host: String
    /// Byte for byte, as in a request line; not absolute.
    var target: String
    var wantsSocket: Bool

    /// - Parameter url: `http://host/path?query`, or just a path; nothing in it is normalised.
    init(method: String, url: String, wantsSocket: Bool) {
        self.init(method: method, scheme: "http", host: "localhost", target: url, wantsSocket: wantsSocket)
    }

    init(method: String, scheme: String, host: String, target: String, wantsSocket: Bool) {
        self.method = method
        self.scheme = scheme
        self.host = host
        self.target = target
        self.wantsSocket = wantsSocket
        takeApartAbsoluteTarget()
        if self.scheme == "ws" || self.scheme == "wss" { self.wantsSocket = true }
    }

    /// A line of `explain --requests -`.
    init(line: String, wantsSocket: Bool) throws {
        struct Line: Decodable {
            var method: String?
            var scheme: String?
            var host: String?
            var target: String
        }
        let parsed = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
        self.init(
            method: parsed.method ?? "GET", scheme: parsed.scheme ?? "http", host: parsed.host ?? "localhost",
            target: parsed.target, wantsSocket: wantsSocket)
    }

    /// By bytes: a combining mark behind a slash is no part of the slash.
    private mutating func takeApartAbsoluteTarget() {
        let bytes = Array(target.utf8)
        let letters = bytes.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) }
        guard !letters.isEmpty, bytes.dropFirst(letters.count).starts(with: "://".utf8) else { return }
        scheme = String(decoding: letters, as: UTF8.self).lowercased()
        let rest = bytes.dropFirst(letters.count + 3)
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        host = String(decoding: authority, as: UTF8.self)
        let path = rest.dropFirst(authority.count).prefix { $0 != UInt8(ascii: "#") }
        target = (path.first == UInt8(ascii: "/") ? "" : "/") + String(decoding: path, as: UTF8.self)
    }
}
