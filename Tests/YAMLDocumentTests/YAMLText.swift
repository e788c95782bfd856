import Diagnostics
import YAMLDocument

/// Reads `text` as the file `f`.
func parse(_ text: String, anchors: YAMLDocument.Anchors = .allowed) -> (root: YAMLNode?, diagnostics: [Diagnostic]) {
    YAMLDocument.parse(Array(text.utf8), file: "f", anchors: anchors)
}

/// "line:column kind" of each finding.
func findings(_ text: String, anchors: YAMLDocument.Anchors = .allowed) -> [String] {
    parse(text, anchors: anchors).diagnostics.map { "\($0.mark!.line):\($0.mark!.column) \($0.code.kind)" }
}

/// A node as compact flow text: strings in quotes, other scalars as their type.
func describe(_ node: YAMLNode?) -> String {
    switch node?.content {
    case nil: "empty"
    case .unreadable?: "!"
    case .sequence(let items)?: "[" + items.map(describe).joined(separator: ", ") + "]"
    case .mapping(let entries)?:
        "{" + entries.map { "\($0.key): \(describe($0.value))" }.joined(separator: ", ") + "}"
    case .scalar(let scalar)?:
        switch scalar.value {
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .integer(let digits): digits
        case .float: "float"
        case .string: "\"\(scalar.text)\""
        }
    }
}
