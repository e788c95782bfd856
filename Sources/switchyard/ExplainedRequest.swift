import ArgumentParser
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
    init(line: String) throws {
        struct Line: Decodable {
            var method: String?
            var scheme: String?
            var host: String?
            var target: String
        }
        let parsed = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
        self.init(
            method: parsed.method ?? "GET", scheme: parsed.scheme ?? "http", host: parsed.host ?? "localhost",
            target: parsed.target, wantsSocket: false)
    }

    private mutating func takeApartAbsoluteTarget() {
        guard let schemeEnd = target.firstRange(of: "://"), !target.hasPrefix("/") else { return }
        scheme = target[..<schemeEnd.lowerBound].lowercased()
        let rest = target[schemeEnd.upperBound...]
        let hostEnd = rest.firstIndex { "/?".contains($0) } ?? rest.endIndex
        host = String(rest[..<hostEnd])
        let path = rest[hostEnd...].prefix { $0 != "#" }
        target = path.hasPrefix("/") ? String(path) : "/\(path)"
    }
}
