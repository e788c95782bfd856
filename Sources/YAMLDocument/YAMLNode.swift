package import Diagnostics

/// A piece of a YAML file together with the place it came from.
package struct YAMLNode: Sendable {
    package indirect enum Content: Sendable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        /// Entries in file order, without duplicates; merge keys are already resolved.
        case mapping([YAMLEntry])
        /// Something that was already reported; readers pass over it in silence.
        case unreadable
    }

    package var content: Content
    package var mark: SourceMark

    package init(_ content: Content, mark: SourceMark) {
        self.content = content
        self.mark = mark
    }
}

/// One key of a mapping with its value.
package struct YAMLEntry: Sendable {
    package var key: String
    package var keyMark: SourceMark
    package var value: YAMLNode

    package init(key: String, keyMark: SourceMark, value: YAMLNode) {
        self.key = key
        self.keyMark = keyMark
        self.value = value
    }
}

extension YAMLNode {
    /// The scalar, or nil for a collection.
    package var scalar: YAMLScalar? {
        if case .scalar(let scalar) = content { scalar } else { nil }
    }

    /// `null`, `~`, or nothing at all behind a key.
    package var isNull: Bool { scalar?.value == .null }

    /// What this is, in words for a diagnostic: "a list", "the number 12".
    package var kindName: String {
        switch content {
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .unreadable: "something unreadable"
        case .scalar(let scalar):
            switch scalar.value {
            case .null: "nothing"
            case .boolean(let value): "a boolean (\(value))"
            case .integer: "a number"
            case .float: "a decimal number"
            case .string: "text"
            }
        }
    }
}
