/// A scalar as written, and what YAML 1.1 makes of it.
package struct YAMLScalar: Sendable, Equatable {
    package enum Style: Sendable {
        case plain
        /// Single or double quotes.
        case quoted
        /// `|` or `>`.
        case block
    }

    /// The meaning of a scalar under the YAML 1.1 rules that App Engine's loader follows.
    package enum Value: Sendable, Equatable {
        case null
        case boolean(Bool)
        /// Decimal digits, with a `-` in front if negative, of any size: `012` is "10", `0x1f` is "31", `1:30` is "90".
        case integer(String)
        case float
        /// The text as it stands.
        case string
    }

    /// The text with quotes and escapes resolved; for a plain scalar, as written.
    package var text: String
    package var style: Style
    package var value: Value

    package init(text: String, style: Style, tag: String? = nil) {
        self.text = text
        self.style = style
        value = Self.resolve(text, style: style, tag: tag)
    }

    /// The number, if it is one that fits.
    package var integer: Int? {
        if case .integer(let digits) = value { Int(digits) } else { nil }
    }

    private static func resolve(_ text: String, style: Style, tag: String?) -> Value {
        switch tag {
        case nil: style == .plain ? ScalarResolution.value(of: text) : .string
        case "tag:yaml.org,2002:str", "!": .string
        // Any other core tag only says aloud what the text would be anyway.
        default: ScalarResolution.value(of: text)
        }
    }
}
