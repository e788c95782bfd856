import PluginKit

/// The keys of a setting that is a mapping, checked as the host checks settings of its own.
struct NestedSettings {
    private let name: String
    private let values: [String: SettingValue]

    /// - Parameter keys: those it may have.
    init(_ name: String, _ values: [String: SettingValue], keys: [String]) throws {
        self.name = name
        self.values = values
        for key in values.keys.sorted() where !keys.contains(key) {
            throw SettingError(
                name, key, message: "'\(name)' has no '\(key)'", hint: "it takes " + keys.joined(separator: ", "))
        }
    }

    func string(_ key: String) throws -> String? {
        try value(key, "text") { text($0) }
    }

    func boolean(_ key: String) throws -> Bool? {
        try value(key, "true or false") { if case .boolean(let value) = $0 { value } else { nil } }
    }

    /// 1 or more.
    func count(_ key: String) throws -> Int? {
        try value(key, "a whole number from 1") { number($0) }
    }

    /// In bytes.
    func size(_ key: String) throws -> Int? {
        try value(key, "a size, as 512, 64KB or 16MB") { value in
            text(value).flatMap { QuantityText.size($0) }.flatMap { $0 > 0 ? $0 : nil }
        }
    }

    func duration(_ key: String) throws -> Duration? {
        try value(key, "a duration, as 90s, 5m or 24h") { value in
            text(value).flatMap { QuantityText.duration($0) }.flatMap { $0 > .zero ? $0 : nil }
        }
    }

    /// A list of texts, or one text.
    func strings(_ key: String) throws -> [String]? {
        try value(key, "a list of texts") { value in
            guard case .list(let items) = value else { return text(value).map { [$0] } }
            let texts = items.compactMap { text($0) }
            return texts.count == items.count && !texts.isEmpty ? texts : nil
        }
    }

    func problem(_ key: String, _ more: String..., message: String, hint: String? = nil) -> SettingError {
        var error = SettingError(message: message, hint: hint)
        error.path = [name, key] + more
        return error
    }

    private func value<Value>(_ key: String, _ noun: String, _ read: (SettingValue) -> Value?) throws -> Value? {
        guard let found = values[key] else { return nil }
        if let value = read(found) { return value }
        throw problem(key, message: "'\(key)' must be \(noun)")
    }

    /// A number in the file may be meant as text, or come from a variable as text.
    private func text(_ value: SettingValue) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): "\(number)"
        case .boolean, .duration, .list, .map: nil
        }
    }

    private func number(_ value: SettingValue) -> Int? {
        text(value).flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }
}
