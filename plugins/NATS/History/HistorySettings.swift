import PluginKit

/// `history:`: which stream keeps what a handler's subject covers, and how much of it.
enum HistorySettings {
    static let declaration = SettingDeclaration(
        "history", .map, isOptional: true,
        summary: "Where messages are kept: `stream`, `subjects`, `messages`, `bytes`, `age`, `create`.")

    private static let keys = ["stream", "subjects", "messages", "bytes", "age", "create"]

    /// - Parameter template: of what clients subscribe to.
    /// - Returns: nil if nothing is kept.
    static func configuration(_ settings: Settings, _ template: SubjectTemplate) throws -> HistoryConfiguration? {
        guard case .map(let map)? = settings.values["history"] else { return nil }
        let nested = try NestedSettings("history", map, keys: keys)
        let pattern = template.pattern
        var configuration = HistoryConfiguration(
            stream: try nested.string("stream") ?? name(pattern),
            subjects: try subjects(nested, pattern, template.text))
        if let problem = configuration.problem { throw nested.problem("stream", message: problem) }
        configuration.age = try nested.duration("age")
        if let problem = configuration.problem { throw nested.problem("age", message: problem) }
        configuration.messages = try nested.count("messages")
        configuration.bytes = try nested.size("bytes")
        configuration.creates = try nested.boolean("create") ?? true
        return configuration
    }

    /// Those of the setting, which must have room for what clients subscribe to; else just that.
    private static func subjects(_ nested: NestedSettings, _ pattern: String, _ text: String) throws -> [String] {
        guard let subjects = try nested.strings("subjects") else {
            guard !pattern.hasWildcard(first: true) else {
                throw nested.problem(
                    "subjects", message: "'\(text)' can be any subject: 'subjects' must say which are kept",
                    hint: "begin the subject with a word, as in room.{room}, or add subjects: [room.>]")
            }
            return [pattern]
        }
        for (index, subject) in subjects.enumerated() {
            guard let problem = Subject.subscribeProblem(subject) else { continue }
            throw nested.problem("subjects", "\(index)", message: "'\(subject)' cannot be a subject: \(problem)")
        }
        // Where the template says little, only the client's own subject shows whether it is kept.
        if !pattern.hasWildcard(first: true), !subjects.contains(where: { Subject.covers($0, pattern) }) {
            throw nested.problem(
                "subjects", message: "'\(text)' has subjects that are not kept",
                hint: "add '\(pattern)', or a wider one")
        }
        return subjects
    }

    /// The words of the pattern: `room.>` is kept in `switchyard-room`.
    private static func name(_ pattern: String) -> String {
        let words = pattern.split(separator: ".").filter { $0 != ">" }.map { $0 == "*" ? "any" : $0 }
        return (["switchyard"] + words).joined(separator: "-")
            .map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") ? String($0) : "_" }.joined()
    }
}
