internal import Diagnostics

extension Composer.Failure {
    func diagnostic(_ file: String) -> Diagnostic {
        switch self {
        case .other(let diagnostic): diagnostic
        case .syntax(let problem): problem.diagnostic(file)
        }
    }
}

extension YAMLProblem {
    /// libyaml's finding in words that say what to do.
    func diagnostic(_ file: String) -> Diagnostic {
        let (place, what, hint) = explained
        return Diagnostic(.yamlSyntax, at: place.mark(file), what, hint: hint)
    }

    private var explained: (YAMLEvent.Position, String, String?) {
        let start = contextPosition ?? position
        if context.contains("quoted scalar"),
            message.contains("end of stream") || message.contains("document indicator")
        {
            return (start, "this quote is never closed", "add the closing quote")
        }
        if message == "did not find expected node content" {
            return (position, "a value is missing here", "close the bracket before, or give the value")
        }
        if context.contains("flow"), message.contains("did not find expected") {
            // Reading went on to the next key or to the end of the file before anything looked wrong.
            if position.column == 0, position.line > start.line {
                return (start, "this bracket is never closed", "add the closing bracket")
            }
            return (
                position, "expected ',' or the closing bracket of what starts at line \(start.line + 1)",
                "inside { } and [ ] a value that holds { } [ ] or ',' must be quoted"
            )
        }
        switch message {
        case "found character that cannot start any token", "found a tab character that violates indentation",
            "found a tab character where an indentation space is expected":
            return (
                position, "a tab, or a character that YAML reserves, stands where a value or key should start",
                "indent with spaces, and quote a value that starts with @ ` or %"
            )
        case "mapping values are not allowed in this context":
            return (
                position, "a ':' is not expected here",
                "check the indentation, and quote a value that holds ': '"
            )
        case "did not find expected key":
            return (
                position, "this line's indentation fits neither the mapping above nor a new one",
                "line it up with its sibling keys"
            )
        case "did not find expected '-' indicator":
            return (
                position, "expected another '- ' of the list that starts at line \(start.line + 1)",
                "line it up with the other items"
            )
        case "could not find expected ':'":
            return (start, "this key has no ':' behind it", "write 'key: value'")
        case "control characters are not allowed":
            return (
                position, "a control character is not allowed in YAML",
                "remove it, or write it as \\x.. in double quotes"
            )
        case "block sequence entries are not allowed in this context":
            return (position, "a list item cannot start here", "put '-' on a line of its own below the key")
        default:
            return (position, context.isEmpty ? message : "\(message) \(context)", nil)
        }
    }
}

/// A character at the start of a value that YAML keeps for itself, so that the value needed quotes.
struct BadStart {
    /// Position in scalars and in bytes.
    let index: Int
    let byte: Int
    private let position: YAMLEvent.Position
    private let character: Character

    /// nil if the problem is of another kind.
    init?(_ problem: YAMLProblem, in text: [UInt8]) {
        let isAlias = problem.context == "while scanning an alias" || problem.context == "while scanning an anchor"
        let isReserved = problem.message == "found character that cannot start any token"
        guard isAlias || isReserved else { return nil }
        position = isAlias ? problem.contextPosition ?? problem.position : problem.position
        guard let byte = Self.offset(ofScalar: position.index, in: text) else { return nil }
        let found = text[byte]
        guard "*&@`%".utf8.contains(found) else { return nil }
        index = position.index
        self.byte = byte
        character = Character(Unicode.Scalar(found))
    }

    func diagnostic(_ file: String) -> Diagnostic {
        let what =
            switch character {
            case "*": "a value that starts with '*' must be quoted, or YAML reads it as an alias"
            case "&": "a value that starts with '&' must be quoted, or YAML reads it as an anchor"
            default: "a value that starts with '\(character)' must be quoted, because YAML reserves that character"
            }
        return Diagnostic(.yamlSyntax, at: position.mark(file), what, hint: "write it as \"\(character)…\"")
    }

    private static func offset(ofScalar index: Int, in text: [UInt8]) -> Int? {
        var scalars = 0
        for (offset, byte) in text.enumerated() where byte & 0xC0 != 0x80 {
            if scalars == index { return offset }
            scalars += 1
        }
        return nil
    }
}
