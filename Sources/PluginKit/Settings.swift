/// A setting that a handler takes under `with:`.
public struct SettingDeclaration: Sendable {
    public enum Shape: Sendable, Equatable {
        case string
        case integer(ClosedRange<Int>)
        case boolean
        /// `250ms`, `10s`, `5m`, `1h`.
        case duration
        /// `512`, `64KB`, `1MB`, `1GB` (powers of 1024).
        case size
        /// A path, relative to the configuration file.
        case path
        /// One of these words.
        case choice([String])
        case list
        case map
        /// `true`, `false`, or a mapping that says more than `true`.
        case booleanOrMap
    }

    public var name: String
    public var shape: Shape
    /// What holds when the setting is left out. Without a default the setting is required unless `isOptional`.
    public var defaultValue: SettingValue?
    public var isOptional: Bool
    /// Masked in diagnostics, logs and `explain`.
    public var isSecret: Bool
    /// One sentence for the reference.
    public var summary: String

    public init(
        _ name: String, _ shape: Shape, default defaultValue: SettingValue? = nil, isOptional: Bool = false,
        isSecret: Bool = false, summary: String
    ) {
        self.name = name
        self.shape = shape
        self.defaultValue = defaultValue
        self.isOptional = isOptional
        self.isSecret = isSecret
        self.summary = summary
    }
}

/// A value under `with:`, expanded and of its declared shape.
public indirect enum SettingValue: Sendable, Hashable {
    case string(String)
    case integer(Int)
    case boolean(Bool)
    case duration(Duration)
    /// Of shape `.list`: scalars arrive as strings, integers or booleans, as YAML reads them.
    case list([SettingValue])
    case map([String: SettingValue])
}

/// A handler's settings: checked against its declaration, defaults filled in.
///
/// A size arrives as an integer of bytes, a path as a string.
public struct Settings: Sendable, Hashable {
    public var values: [String: SettingValue]

    public init(_ values: [String: SettingValue] = [:]) { self.values = values }

    public func string(_ name: String) -> String? {
        if case .string(let value)? = values[name] { value } else { nil }
    }

    public func integer(_ name: String) -> Int? {
        if case .integer(let value)? = values[name] { value } else { nil }
    }

    public func boolean(_ name: String) -> Bool? {
        if case .boolean(let value)? = values[name] { value } else { nil }
    }

    public func duration(_ name: String) -> Duration? {
        if case .duration(let value)? = values[name] { value } else { nil }
    }

    /// The strings of a list; elements of other kinds are left out.
    public func strings(_ name: String) -> [String]? {
        guard case .list(let values)? = values[name] else { return nil }
        return values.compactMap { if case .string(let value) = $0 { value } else { nil } }
    }
}

/// A handler's complaint about its settings; the host prints the line of `routes.yaml` it concerns.
public struct SettingError: Error, Sendable {
    /// Keys and list positions from `with:` down: `["subject"]`, `["rules", "2", "allow"]`. Empty: the settings as a
    /// whole.
    public var path: [String]
    public var message: String
    public var hint: String?

    public init(_ path: String..., message: String, hint: String? = nil) {
        self.path = path
        self.message = message
        self.hint = hint
    }
}
