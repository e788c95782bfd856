/// The value of a `Sec-WebSocket-Extensions` field is not what RFC 6455 §9.1 says; the handshake fails with 400.
package struct MalformedExtensions: Error, Equatable {
    /// The field's value.
    package let value: String

    package init(value: String) { self.value = value }
}

/// One element of `Sec-WebSocket-Extensions`: a name, and parameters in their order, with or without a value.
package struct ExtensionOffer: Sendable, Equatable {
    package struct Parameter: Sendable, Equatable {
        package let name: String
        package let value: String?

        package init(_ name: String, _ value: String? = nil) {
            self.name = name
            self.value = value
        }
    }

    package let name: String
    package let parameters: [Parameter]

    package init(_ name: String, _ parameters: [Parameter] = []) {
        self.name = name
        self.parameters = parameters
    }

    /// The offers of all the request's `Sec-WebSocket-Extensions` fields, best first.
    package static func parse(_ fields: [String]) throws(MalformedExtensions) -> [ExtensionOffer] {
        var offers: [ExtensionOffer] = []
        for field in fields {
            var scanner = Scanner(rest: field.utf8[...])
            guard let found = scanner.offers() else { throw MalformedExtensions(value: field) }
            offers += found
        }
        return offers
    }
}

/// Reads the grammar of RFC 6455 §9.1. White space may stand between any two of its parts, as in all of HTTP/1.1 then.
private struct Scanner {
    var rest: Substring.UTF8View

    /// All of the field; nil if it breaks the grammar. A list may have empty elements but not be empty.
    mutating func offers() -> [ExtensionOffer]? {
        var offers: [ExtensionOffer] = []
        repeat {
            if isAtEnd || rest.first == UInt8(ascii: ",") { continue }
            guard let offer = offer() else { return nil }
            offers.append(offer)
        } while take(",")
        return isAtEnd && !offers.isEmpty ? offers : nil
    }

    private mutating func offer() -> ExtensionOffer? {
        guard let name = token() else { return nil }
        var parameters: [ExtensionOffer.Parameter] = []
        while take(";") {
            guard let name = token() else { return nil }
            var value: String?
            if take("=") {
                value = take("\"") ? quoted() : token()
                if value == nil { return nil }
            }
            parameters.append(ExtensionOffer.Parameter(name, value))
        }
        return ExtensionOffer(name, parameters)
    }

    private var isAtEnd: Bool {
        mutating get {
            rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            return rest.isEmpty
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard !isAtEnd, rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func token() -> String? {
        guard !isAtEnd else { return nil }
        let token = rest.prefix(while: Self.isTokenByte)
        rest = rest[token.endIndex...]
        return token.isEmpty ? nil : String(Substring(token))
    }

    /// Behind the opening quote: what stands between the quotes must be a token once its escapes are undone.
    private mutating func quoted() -> String? {
        var bytes: [UInt8] = []
        while var byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
            if byte == UInt8(ascii: "\\") {
                guard let escaped = rest.popFirst() else { return nil }
                byte = escaped
            }
            guard Self.isTokenByte(byte) else { return nil }
            bytes.append(byte)
        }
        return nil
    }

    /// A `tchar` of RFC 9110 §5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
