import PluginKit

/// JSON to be printed: keys in the order given, nulls written out.
indirect enum JSON: CustomStringConvertible {
    case null
    case bool(Bool)
    case integer(Int)
    case string(String)
    case array([JSON])
    case object([(String, JSON)])

    static func optional(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
    static func optional(_ value: Int?) -> JSON { value.map { .integer($0) } ?? .null }

    var description: String {
        var out: [UInt8] = []
        append(to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    private func append(to out: inout [UInt8]) {
        switch self {
        case .null: out.append(contentsOf: "null".utf8)
        case .bool(let value): out.append(contentsOf: "\(value)".utf8)
        case .integer(let value): out.append(contentsOf: "\(value)".utf8)
        case .string(let value): JSONText.append(value, to: &out)
        case .array(let values):
            Self.appendList(values, "[", "]", to: &out) { $0.append(to: &$1) }
        case .object(let members):
            Self.appendList(members, "{", "}", to: &out) { member, out in
                JSONText.append(member.0, to: &out)
                out.append(UInt8(ascii: ":"))
                member.1.append(to: &out)
            }
        }
    }

    private static func appendList<Element>(
        _ elements: [Element], _ open: Unicode.Scalar, _ close: Unicode.Scalar, to out: inout [UInt8],
        _ append: (Element, inout [UInt8]) -> Void
    ) {
        out.append(UInt8(ascii: open))
        for (index, element) in elements.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            append(element, &out)
        }
        out.append(UInt8(ascii: close))
    }
}
