internal import Diagnostics
internal import PluginKit
internal import YAMLDocument

/// Checks a `with:` against what a handler declares.
struct SettingsReader {
    let reader: NodeReader
    let declaration: HandlerDeclaration
    private var context: LoadContext { reader.context }

    init(_ reader: NodeReader, _ declaration: HandlerDeclaration) {
        self.reader = reader
        self.declaration = declaration
    }

    /// - Parameter handlerMark: where what is missing is reported.
    func settings(_ with: YAMLNode?, handlerMark: SourceMark) -> Settings {
        var values: [String: SettingValue] = [:]
        var written: Set<String> = []
        if let with {
            guard let entries = reader.entries(with, "with") else { return Settings() }
            for entry in entries {
                guard let setting = declaration.settings.first(where: { $0.name == entry.key }) else {
                    unknown(entry)
                    continue
                }
                if entry.value.isNull { continue }
                written.insert(setting.name)
                values[setting.name] = value(entry.value, setting)
            }
        }
        for setting in declaration.settings where !written.contains(setting.name) {
            if let fallback = setting.defaultValue {
                values[setting.name] = fallback
            } else if !setting.isOptional {
                context.error(
                    .missingSetting, at: handlerMark,
                    "the handler '\(declaration.name)' needs the setting '\(setting.name)'",
                    hint: with == nil
                        ? "add with: { \(setting.name): … }, \(setting.shape.noun)"
                        : "add \(setting.name): …, \(setting.shape.noun), to its 'with'")
            }
        }
        return Settings(values)
    }

    private func unknown(_ entry: YAMLEntry) {
        let names = declaration.settings.map(\.name)
        let near = Suggestion.hint(for: entry.key, in: names)
        let known = names.isEmpty ? "it takes no settings" : "it takes " + names.joined(separator: ", ")
        context.error(
            .unknownSetting, at: entry.keyMark, "the handler '\(declaration.name)' has no setting '\(entry.key)'",
            hint: near ?? known)
    }

    private func value(_ node: YAMLNode, _ setting: SettingDeclaration) -> SettingValue? {
        if setting.isSecret { context.keepSecrets(of: node) }
        switch setting.shape {
        case .list:
            guard let items = reader.items(node, setting.name) else { return nil }
            return .list(items.compactMap { free($0, setting) })
        case .map:
            guard reader.entries(node, setting.name) != nil else { return nil }
            return free(node, setting)
        case .booleanOrMap:
            if case .mapping = node.content { return free(node, setting) }
            return single(node, setting)
        default: return single(node, setting)
        }
    }

    private func single(_ node: YAMLNode, _ setting: SettingDeclaration) -> SettingValue? {
        guard let scalar = scalar(node, setting) else { return nil }
        if let value = scalar.value(of: setting.shape) { return value }
        // A secret is not shown, not even where it is refused.
        let found = setting.isSecret ? "this value" : scalar.kindName
        context.error(
            .badSetting, at: node.mark, "'\(setting.name)' must be \(setting.shape.noun), not \(found)",
            hint: hint(setting, scalar))
        return nil
    }

    private func scalar(_ node: YAMLNode, _ setting: SettingDeclaration) -> ExpandedScalar? {
        let scalar = reader.scalar(node, setting.name)
        if setting.isSecret, let scalar, scalar.isExpanded { context.keepSecrets([scalar.text], at: node.mark) }
        return scalar
    }

    private func hint(_ setting: SettingDeclaration, _ scalar: ExpandedScalar) -> String {
        switch setting.shape {
        case .choice(let words):
            Suggestion.hint(for: scalar.text, in: words) ?? "use one of these words"
        case .string, .path:
            scalar.text.isEmpty
                ? "give it a value" : "quote it if it is meant as text: \"\(setting.isSecret ? "…" : scalar.text)\""
        case .duration: "write a number with its unit: 250ms, 10s, 5m or 1h"
        case .size: "write bytes, or a number with KB, MB or GB: 64KB"
        case .boolean, .booleanOrMap: "write true or false"
        default: "write it in digits"
        }
    }

    /// Values of a list or map: as YAML reads them.
    private func free(_ node: YAMLNode, _ setting: SettingDeclaration) -> SettingValue? {
        switch node.content {
        case .unreadable: return nil
        case .sequence(let items): return .list(items.compactMap { free($0, setting) })
        case .mapping(let entries):
            var map: [String: SettingValue] = [:]
            for entry in entries { map[entry.key] = free(entry.value, setting) }
            return .map(map)
        case .scalar:
            guard let scalar = scalar(node, setting) else { return nil }
            switch scalar.value {
            case .boolean(let value) where !scalar.isExpanded: return .boolean(value)
            case .integer where !scalar.isExpanded && scalar.integer != nil: return .integer(scalar.integer ?? 0)
            case .null where !scalar.isExpanded:
                context.error(
                    .badSetting, at: node.mark, "a value in '\(setting.name)' is missing",
                    hint: "give it one, or quote \"\"")
                return nil
            default: return .string(scalar.text)
            }
        }
    }
}

extension ExpandedScalar {
    /// The value as a declared shape; nil if it is not of that shape.
    func value(of shape: SettingDeclaration.Shape) -> SettingValue? {
        switch shape {
        case .string: string.map { .string($0) }
        case .path: string.flatMap { $0.isEmpty ? nil : .string($0) }
        case .integer(let range): integer.flatMap { range.contains($0) ? .integer($0) : nil }
        case .boolean, .booleanOrMap: if case .boolean(let value) = value { .boolean(value) } else { nil }
        case .duration: QuantityText.duration(text).map { .duration($0) }
        case .size: size.map { .integer($0) }
        case .choice(let words): words.contains(text) ? .string(text) : nil
        case .list, .map: nil
        }
    }
}

extension SettingDeclaration.Shape {
    /// "a duration", "one of a, b".
    var noun: String {
        switch self {
        case .string: "text"
        case .integer(let range) where range == .min ... .max: "a whole number"
        case .integer(let range) where range.upperBound == .max: "a whole number from \(range.lowerBound)"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: "true or false"
        case .duration: "a duration"
        case .size: "a size"
        case .path: "a path"
        case .choice(let words): "one of " + words.joined(separator: ", ")
        case .list: "a list"
        case .map: "a mapping"
        case .booleanOrMap: "true, false or a mapping"
        }
    }
}
