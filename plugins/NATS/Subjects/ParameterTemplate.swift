import PluginKit

/// Text with `{name}` where a parameter of the path goes, and `{claim.NAME}` where a claim of the client goes.
struct ParameterTemplate {
    enum Part {
        case literal(String)
        case parameter(String)
        /// The parameter that takes the rest of the path.
        case restParameter(String)
        case claim(String)
    }

    let parts: [Part]

    /// - Parameter setting: where the text stands, from `with:` down.
    init(_ text: String, setting: [String], _ context: HandlerContext) throws {
        func problem(_ message: String, hint: String) -> SettingError {
            var error = SettingError(message: message, hint: hint)
            error.path = setting
            return error
        }
        var parts: [Part] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else {
                throw problem("'{' without '}'", hint: "write {name} for a parameter of the path")
            }
            let name = String(rest[rest.index(after: open)..<close])
            parts.append(.literal(String(rest[..<open])))
            rest = rest[rest.index(after: close)...]
            if name.hasPrefix("claim.") {
                let claim = String(name.dropFirst("claim.".count))
                if claim.isEmpty { throw problem("'{claim.}' names no claim", hint: "write {claim.sub}") }
                parts.append(.claim(claim))
            } else if context.parameterNames.contains(name) {
                parts.append(name == context.restParameter ? .restParameter(name) : .parameter(name))
            } else {
                let names = context.parameterNames
                throw problem(
                    "the path has no parameter '\(name)'",
                    hint: names.isEmpty
                        ? "give the path one, as in /ws/{\(name)}"
                        : "it has \(names.map { "{\($0)}" }.joined(separator: ", "))")
            }
        }
        parts.append(.literal(String(rest)))
        self.parts = parts
    }

    var hasClaims: Bool {
        parts.contains { if case .claim = $0 { true } else { false } }
    }
}

extension Identity {
    /// A claim by its dotted name; `sub` is also the name that a guard gave without a token.
    func claim(_ name: String) -> String? { claims[name] ?? (name == "sub" ? subject : nil) }
}
