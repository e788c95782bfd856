/// The JSON of the NATS handshake and of the JetStream API (RFC 8259).
package indirect enum NATSJSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    /// A number with a fraction, an exponent or too many digits, as it was written: nothing here needs its value.
    case otherNumber(String)
    case string(String)
    case array([NATSJSON])
    case object([String: NATSJSON])

    /// Nil for anything that is not one JSON value. Of equal keys the last wins.
    package static func parse(_ text: Span<UInt8>) -> NATSJSON? {
        var reader = NATSJSONReader()
        guard let value = reader.value(text, depth: 0) else { return nil }
        return reader.isAtEnd(text) ? value : nil
    }

    package var object: [String: NATSJSON]? { if case .object(let value) = self { value } else { nil } }
    package var array: [NATSJSON]? { if case .array(let value) = self { value } else { nil } }
    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var integer: Int? { if case .integer(let value) = self { value } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// `text` in quotes.
    package static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
