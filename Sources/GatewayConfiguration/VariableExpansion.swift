internal import Diagnostics

/// `${NAME}`, `${NAME:-default}`, `${file:/path}` and `$$` in a scalar value.
///
/// A default also holds for an empty variable, as in a shell, and may hold further `${…}`.
/// What comes out is not expanded again.
struct VariableExpansion {
    struct Problem: Error {
        var code: DiagnosticCode
        var message: String
        var hint: String
    }

    /// Deepest `${A:-${B:-…}}`.
    private static let depthLimit = 8
    /// Largest file that `${file:}` takes, in bytes.
    private static let fileLimit = 64 << 10
    /// Longest result, in bytes: variables may be long and many.
    private static let lengthLimit = 1 << 20

    private let environment: [String: String]
    /// Where relative paths of `${file:}` start.
    private let directory: String
    /// Contents of the files that were read.
    private(set) var secrets: [String] = []

    init(environment: [String: String], directory: String) {
        self.environment = environment
        self.directory = directory
    }

    mutating func expand(_ text: String) throws(Problem) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var rest = text[...]
        return try expand(&rest, depth: 0)
    }

    /// Up to the end, or inside a default up to its `}`.
    private mutating func expand(_ rest: inout Substring, depth: Int) throws(Problem) -> String {
        var result = ""
        while let character = rest.first {
            if depth > 0, character == "}" { break }
            rest.removeFirst()
            if character == "$", rest.first == "$" {
                rest.removeFirst()
                result += "$"
            } else if character == "$", rest.first == "{" {
                rest.removeFirst()
                result += try variable(&rest, depth: depth + 1)
            } else {
                result.append(character)
            }
            guard result.utf8.count <= Self.lengthLimit else {
                throw Problem(
                    code: .badVariable, message: "the expanded value is too long", hint: "use fewer variables")
            }
        }
        return result
    }

    /// Behind `${`.
    private mutating func variable(_ rest: inout Substring, depth: Int) throws(Problem) -> String {
        guard depth <= Self.depthLimit else {
            throw Problem(
                code: .badVariable, message: "'${' is nested more than \(Self.depthLimit) deep", hint: "use one default"
            )
        }
        if rest.hasPrefix("file:") { return try file(&rest) }
        let name = rest.prefix(while: Self.isNameCharacter)
        rest = rest[name.endIndex...]
        guard let first = name.first, !first.isNumber else {
            throw Problem(
                code: .badVariable, message: "'${' is not followed by a variable's name",
                hint: "write ${NAME}, ${NAME:-default} or ${file:/path}; for the characters themselves write $${")
        }
        let value = environment[String(name)]
        var fallback: String?
        if rest.hasPrefix(":-") {
            rest.removeFirst(2)
            // Variables of a default that is not used need not exist.
            var other = self
            other.isTolerant = isTolerant || value?.isEmpty == false
            fallback = try other.expand(&rest, depth: depth)
            if !other.isTolerant { secrets = other.secrets }
        }
        try close(&rest, "${\(name)")
        if let fallback { return value.flatMap { $0.isEmpty ? nil : $0 } ?? fallback }
        if let value { return value }
        if isTolerant { return "" }
        throw undefined(String(name))
    }

    /// Reads on only to find the end of what will not be used.
    private var isTolerant = false

    private func undefined(_ name: String) -> Problem {
        let near = Suggestion.hint(for: name, in: environment.keys).map { $0 + " " } ?? ""
        return Problem(
            code: .undefinedVariable, message: "the environment variable '\(name)' is not set",
            hint: "\(near)set it, or give a default: ${\(name):-value}")
    }

    private mutating func file(_ rest: inout Substring) throws(Problem) -> String {
        rest.removeFirst("file:".count)
        let path = String(rest.prefix { $0 != "}" })
        rest = rest.dropFirst(path.count)
        try close(&rest, "${file:")
        guard !path.isEmpty else {
            throw Problem(
                code: .badVariable, message: "'${file:}' names no file", hint: "write ${file:/run/secrets/name}")
        }
        if isTolerant { return "" }
        do throws(FileProblem) {
            let full = path.hasPrefix("/") ? path : "\(directory)/\(path)"
            let bytes = try SourceText.read(full, limit: Self.fileLimit).bytes
            guard bytes.count <= Self.fileLimit else { throw FileProblem(message: "it is larger than 64 KB") }
            var text = String(decoding: bytes, as: UTF8.self)
            // Files usually end in a line break that is no part of the secret.
            if text.last?.isNewline == true { text.removeLast() }
            secrets.append(text)
            return text
        } catch {
            throw Problem(
                code: .fileUnreadable, message: "the file '\(path)' cannot be read: \(error.message)",
                hint: "check that it exists and that this user may read it")
        }
    }

    private func close(_ rest: inout Substring, _ opening: String) throws(Problem) {
        guard rest.first == "}" else {
            throw Problem(
                code: .badVariable, message: "'\(opening)' is never closed",
                hint: "add the '}'; a default goes behind ':-'")
        }
        rest.removeFirst()
    }

    private static func isNameCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "_")
    }
}
