internal import PluginKit

/// A path below a root that cannot lead out of it: no empty, hidden or dot segments, no NUL.
struct SitePath {
    /// Segments with `/` between them, decoded; ends with `/` where a folder is meant; empty for the root.
    let text: String

    /// Nil if the path must not be served. Names that begin with a dot are hidden, except `.well-known` (RFC 8615).
    init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        // The last part is empty where a folder is meant.
        for part in parts.dropLast() where part.isEmpty { return nil }
        for part in parts where part.first == UInt8(ascii: ".") && !part.elementsEqual(".well-known".utf8) {
            return nil
        }
        guard !text.utf8.contains(0) else { return nil }
        self.text = text
    }

    /// What a request asks for: the parameter `file`, else the last parameter, else the whole path.
    init?(of request: Request) {
        if let file = request.parameters["file"] ?? request.parameters.pairs.last?.value {
            self.init(file)
        } else {
            guard request.path.hasPrefix("/"), let path = Self.decoded(request.path.dropFirst()) else { return nil }
            self.init(path)
        }
    }

    var isFolder: Bool { text.isEmpty || text.utf8.last == UInt8(ascii: "/") }
    var isFileName: Bool { !text.utf8.isEmpty && !text.utf8.contains(UInt8(ascii: "/")) }
    var hasExtension: Bool { text.split(separator: "/").last?.contains(".") ?? false }

    /// Percent-decodes once; nil for a bad escape.
    private static func decoded(_ path: Substring) -> String? {
        guard path.utf8.contains(UInt8(ascii: "%")) else { return String(path) }
        var bytes: [UInt8] = []
        var rest = path.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
    }
}
