package import Diagnostics

/// An address the gateway listens on.
package struct Listener: Sendable, Equatable {
    /// A name or address, without the brackets of IPv6.
    package var host: String
    /// 0 lets the system choose.
    package var port: Int
    /// nil when no file names it.
    package var mark: SourceMark?

    package init(host: String, port: Int, mark: SourceMark? = nil) {
        self.host = host
        self.port = port
        self.mark = mark
    }

    /// Without any `listen`.
    package static let standard = Listener(host: "127.0.0.1", port: 8080)

    /// `HOST:PORT`, with brackets around an IPv6 address.
    package var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Reads `HOST:PORT`, `[V6]:PORT`, `:PORT` and `HOST`.
struct AddressText {
    /// nil for `:PORT`.
    var host: String?
    /// nil for `HOST`.
    var port: Int?

    /// nil if the text is none of these.
    init?(_ text: String) {
        let bytes = Substring(text)
        let portText: Substring?
        if bytes.first == "[" {
            guard let close = bytes.firstIndex(of: "]") else { return nil }
            let inside = bytes[bytes.index(after: bytes.startIndex)..<close]
            guard inside.contains(":"), inside.utf8.allSatisfy(Self.isAddressByte) else { return nil }
            host = String(inside)
            let rest = bytes[bytes.index(after: close)...]
            guard rest.isEmpty || rest.first == ":" else { return nil }
            portText = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = bytes.lastIndex(of: ":") {
            let name = bytes[..<colon]
            guard name.utf8.allSatisfy(Self.isNameByte) else { return nil }
            host = name.isEmpty ? nil : String(name)
            portText = bytes[bytes.index(after: colon)...]
        } else {
            guard !bytes.isEmpty, bytes.utf8.allSatisfy(Self.isNameByte) else { return nil }
            host = String(bytes)
            portText = nil
        }
        if let portText {
            guard let port = Self.port(portText) else { return nil }
            self.port = port
        }
    }

    /// A decimal port number.
    static func port(_ text: some StringProtocol) -> Int? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text).flatMap { $0 <= 65_535 ? $0 : nil }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        isNameByte(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "%")
    }
}
