internal import Diagnostics
internal import PluginKit
internal import YAMLDocument

/// Reads nodes as what they should be, and reports what they are instead.
///
/// A reading that failed was reported, so its caller stays silent.
struct NodeReader {
    let context: LoadContext
    let directory: String

    init(_ context: LoadContext, directory: String) {
        self.context = context
        self.directory = directory
    }

    // MARK: - Collections

    /// A mapping's known keys. Unknown ones are reported, reserved ones too.
    func fields(
        _ node: YAMLNode, _ section: ConfigurationSchema.Section, of what: String, isTop: Bool = true
    ) -> Fields? {
        guard let entries = entries(node, what) else { return nil }
        var known: [YAMLEntry] = []
        for entry in entries {
            guard let key = section.keys.first(where: { $0.name == entry.key }) else {
                unknown(entry, section, of: what)
                continue
            }
            if key.isReserved {
                context.error(
                    .notYetSupported, at: entry.keyMark, "'\(entry.key)' is reserved for \(key.summary.dropLast())",
                    hint: "this release does not act on it; remove it")
            } else if key.isTopOnly, !isTop {
                context.error(
                    .unknownKey, at: entry.keyMark, "'\(entry.key)' can only be set for the whole gateway",
                    hint: "move it to the top level's '\(what)'")
            } else {
                known.append(entry)
            }
        }
        return Fields(entries: known, mark: node.mark)
    }

    /// The entries of a mapping with free keys.
    func entries(_ node: YAMLNode, _ what: String) -> [YAMLEntry]? {
        switch node.content {
        case .mapping(let entries): return entries
        case .unreadable: return nil
        default: return wrongKind(node, what, "a mapping", hint: "write 'key: value' lines below it")
        }
    }

    func items(_ node: YAMLNode, _ what: String) -> [YAMLNode]? {
        switch node.content {
        case .sequence(let items): return items
        case .unreadable: return nil
        default: return wrongKind(node, what, "a list", hint: "begin each item with '- '")
        }
    }

    /// A list, or one item that stands for a list of one.
    func oneOrMore(_ node: YAMLNode) -> [YAMLNode] {
        if case .sequence(let items) = node.content { items } else { [node] }
    }

    private func wrongKind<T>(_ node: YAMLNode, _ what: String, _ expected: String, hint: String) -> T? {
        context.error(
            .structure, at: node.mark, "'\(what)' must be \(expected), not \(node.kindName)", hint: hint)
        return nil
    }

    private func unknown(_ entry: YAMLEntry, _ section: ConfigurationSchema.Section, of what: String) {
        let names = section.keys.map(\.name)
        let hint = Suggestion.hint(for: entry.key, in: names)
        context.error(
            .unknownKey, at: entry.keyMark, "unknown key '\(entry.key)' in \(what)",
            hint: hint ?? "known here: " + names.joined(separator: ", "))
    }

    // MARK: - Scalars

    /// A scalar with its variables expanded.
    func scalar(_ node: YAMLNode, _ what: String) -> ExpandedScalar? {
        switch node.content {
        case .scalar(let scalar): return expand(scalar, at: node.mark)
        case .unreadable: return nil
        default: return wrongKind(node, what, "one value", hint: "give a single value")
        }
    }

    private func expand(_ scalar: YAMLScalar, at mark: SourceMark) -> ExpandedScalar? {
        guard scalar.text.utf8.contains(UInt8(ascii: "$")) else {
            return ExpandedScalar(text: scalar.text, value: scalar.value, isExpanded: false, mark: mark)
        }
        var expansion = VariableExpansion(environment: context.environment, directory: directory)
        do throws(VariableExpansion.Problem) {
            let text = try expansion.expand(scalar.text)
            context.keepSecrets(expansion.secrets)
            // Inside braces a variable must be quoted, so quotes do not make it text.
            let value = YAMLScalar(text: text, style: .plain).value
            return ExpandedScalar(text: text, value: value, isExpanded: true, mark: mark)
        } catch {
            context.error(error.code, at: mark, error.message, hint: error.hint)
            return nil
        }
    }

    /// Text that is not empty.
    func text(_ node: YAMLNode, _ what: String) -> String? {
        guard let scalar = scalar(node, what) else { return nil }
        guard let text = scalar.string else {
            context.error(
                .badValue, at: node.mark, "'\(what)' must be text, not \(node.kindName)",
                hint: "quote it: \"\(scalar.text)\"")
            return nil
        }
        if text.isEmpty { context.error(.badValue, at: node.mark, "'\(what)' is empty", hint: "give it a value") }
        return text.isEmpty ? nil : text
    }

    func boolean(_ node: YAMLNode, _ what: String) -> Bool? {
        guard let scalar = scalar(node, what) else { return nil }
        if case .boolean(let value) = scalar.value { return value }
        context.error(
            .badValue, at: node.mark, "'\(what)' must be true or false, not \(scalar.kindName)",
            hint: "write true or false")
        return nil
    }

    func integer(_ node: YAMLNode, _ what: String, in range: ClosedRange<Int>) -> Int? {
        guard let scalar = scalar(node, what) else { return nil }
        if let value = scalar.integer, range.contains(value) { return value }
        context.error(
            .badValue, at: node.mark,
            "'\(what)' must be a whole number from \(range.lowerBound) to \(range.upperBound)",
            hint: "write it in digits")
        return nil
    }

    func size(_ node: YAMLNode, _ what: String, in range: ClosedRange<Int>) -> Int? {
        guard let scalar = scalar(node, what) else { return nil }
        guard let value = scalar.size else {
            context.error(
                .badValue, at: node.mark, "'\(what)' must be a size, not \(scalar.kindName)",
                hint: "write bytes, or a number with KB, MB or GB: 64KB")
            return nil
        }
        if range.contains(value) { return value }
        let (low, high) = (QuantityText.text(size: range.lowerBound), QuantityText.text(size: range.upperBound))
        context.error(
            .badValue, at: node.mark, "'\(what)' must be from \(low) to \(high)", hint: "choose a size in that range")
        return nil
    }

    func duration(_ node: YAMLNode, _ what: String, upTo limit: Duration = .seconds(86_400)) -> Duration? {
        guard let scalar = scalar(node, what) else { return nil }
        guard let value = QuantityText.duration(scalar.text) else {
            context.error(
                .badValue, at: node.mark, "'\(what)' must be a duration, not \(scalar.kindName)",
                hint: "write a number with its unit: 250ms, 10s, 5m or 1h")
            return nil
        }
        if value > .zero, value <= limit { return value }
        context.error(
            .badValue, at: node.mark,
            "'\(what)' must be longer than 0s and at most \(limit.components.seconds / 3600)h",
            hint: "choose a duration in that range")
        return nil
    }
}

/// The known entries of a mapping.
struct Fields {
    let entries: [YAMLEntry]
    /// Of the mapping.
    let mark: SourceMark

    /// The value of a key; nil if it is left out or has no value.
    subscript(_ key: String) -> YAMLNode? {
        entries.first { $0.key == key }.flatMap { $0.value.isNull ? nil : $0.value }
    }

    func keyMark(_ key: String) -> SourceMark? { entries.first { $0.key == key }?.keyMark }
}

/// A scalar after expansion.
struct ExpandedScalar {
    var text: String
    var value: YAMLScalar.Value
    /// A variable was in it, so its quotes say nothing about its type.
    var isExpanded: Bool
    var mark: SourceMark

    /// The text, unless YAML makes a boolean of it or nothing. Numbers are taken as written.
    var string: String? {
        if isExpanded { return text }
        switch value {
        case .boolean, .null: return nil
        default: return text
        }
    }

    var integer: Int? {
        if case .integer(let digits) = value { Int(digits) } else { nil }
    }

    var size: Int? {
        switch value {
        // `012` is octal here, so the digits count, not the text.
        case .integer: integer.flatMap { $0 < 0 ? nil : $0 }
        default: QuantityText.size(text)
        }
    }

    /// What this is, in words for a diagnostic.
    var kindName: String {
        switch value {
        case .null: "nothing"
        case .boolean, .integer, .float, .string: "'\(text)'"
        }
    }
}
