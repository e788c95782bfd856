import PluginKit

/// A subject with `{name}` where a parameter of the path goes.
///
/// A rest parameter's slashes become dots, so `/ws/{topic...}` with `a/b` is the subject `a.b`.
struct SubjectTemplate {
    private enum Part {
        case literal(String)
        case parameter(String)
        case restParameter(String)
    }

    private let parts: [Part]

    init(_ text: String, parameterNames: [String], restParameter: String?) throws {
        var parts: [Part] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else {
                throw SettingError(
                    "subject", message: "'{' without '}'", hint: "write {name} for a parameter of the path")
            }
            let name = String(rest[rest.index(after: open)..<close])
            guard parameterNames.contains(name) else {
                throw SettingError(
                    "subject", message: "the path has no parameter '\(name)'",
                    hint: parameterNames.isEmpty
                        ? "give the path one, as in /ws/{\(name)}"
                        : "it has \(parameterNames.map { "{\($0)}" }.joined(separator: ", "))")
            }
            parts.append(.literal(String(rest[..<open])))
            parts.append(name == restParameter ? .restParameter(name) : .parameter(name))
            rest = rest[rest.index(after: close)...]
        }
        parts.append(.literal(String(rest)))
        self.parts = parts
        // Any value will do to see whether the rest of the text can stand in a subject.
        let example = subject(Parameters(names: parameterNames, values: parameterNames.map { _ in "x" }))
        if let problem = Subject.publishProblem(example) {
            throw SettingError("subject", message: "'\(text)' cannot be a subject: \(problem)")
        }
    }

    func subject(_ parameters: Parameters) -> String {
        parts.map { part in
            switch part {
            case .literal(let text): text
            case .parameter(let name): parameters[name] ?? ""
            case .restParameter(let name): Self.dotted(parameters[name] ?? "")
            }
        }.joined()
    }

    /// Byte by byte: a combining mark behind a slash makes another character of it.
    private static func dotted(_ path: String) -> String {
        String(decoding: path.utf8.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: ".") : $0 }, as: UTF8.self)
    }
}
