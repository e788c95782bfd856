import PluginKit

/// A subject with `{name}` where a parameter of the path goes, and `{claim.NAME}` where a claim goes.
///
/// A rest parameter's slashes become dots, so `/ws/{topic...}` with `a/b` is the subject `a.b`. A claim is one token.
struct SubjectTemplate {
    let text: String
    private let template: ParameterTemplate

    /// - Parameter setting: the name of the setting that has the text.
    init(_ text: String, setting: String = "subject", wildcards: Bool = false, _ context: HandlerContext) throws {
        self.text = text
        template = try ParameterTemplate(text, setting: [setting], context)
        // Any value will do to see whether the rest of the text can stand in a subject.
        let example = template.parts.map { if case .literal(let text) = $0 { text } else { "x" } }.joined()
        if let problem = wildcards ? Subject.subscribeProblem(example) : Subject.publishProblem(example) {
            throw SettingError(setting, message: "'\(text)' cannot be a subject: \(problem)")
        }
    }

    var hasWildcards: Bool {
        template.parts.contains {
            if case .literal(let text) = $0 { text.utf8.contains { Self.isWildcard($0) } } else { false }
        }
    }

    /// What it becomes for a client.
    func subject(_ parameters: Parameters, _ identity: Identity?) throws(SubjectProblem) -> String {
        var subject = ""
        for part in template.parts {
            switch part {
            case .literal(let text): subject += text
            case .parameter(let name): subject += parameters[name] ?? ""
            case .restParameter(let name): subject += Self.dotted(parameters[name] ?? "")
            case .claim(let name): subject += try Self.token(name, identity)
            }
        }
        return subject
    }

    /// Covers every subject that the template can become: a parameter may have dots in it, a claim not.
    var pattern: String {
        var tokens = [""]
        for part in template.parts {
            switch part {
            case .literal(let text):
                let more = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
                    .map { String(decoding: $0, as: UTF8.self) }
                tokens[tokens.count - 1] += more[0]
                tokens += more.dropFirst()
            case .claim: tokens[tokens.count - 1] += "*"
            case .parameter, .restParameter:
                tokens[tokens.count - 1] = ">"
                return Self.joined(tokens)
            }
        }
        return Self.joined(tokens)
    }

    /// A token that is anything in part may be anything as a whole.
    private static func joined(_ tokens: [String]) -> String {
        tokens.map { $0.utf8.contains(UInt8(ascii: "*")) ? "*" : $0 }.joined(separator: ".")
    }

    /// A claim's value stays within its token, so that nobody's claims reach into another branch of subjects.
    private static func token(_ name: String, _ identity: Identity?) throws(SubjectProblem) -> String {
        guard let identity else { throw SubjectProblem(401, "this needs to know who you are") }
        guard let value = identity.claim(name) else {
            throw SubjectProblem(403, "your identity has no claim '\(name)'")
        }
        guard !value.utf8.contains(UInt8(ascii: ".")), Subject.publishProblem(value) == nil else {
            throw SubjectProblem(403, "your claim '\(name)' cannot be part of a subject")
        }
        return value
    }

    private static func isWildcard(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "*") || byte == UInt8(ascii: ">") }

    /// Byte by byte: a combining mark behind a slash makes another character of it.
    private static func dotted(_ path: String) -> String {
        String(decoding: path.utf8.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: ".") : $0 }, as: UTF8.self)
    }
}
