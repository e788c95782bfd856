internal import Diagnostics
internal import Routing
internal import YAMLDocument

/// Dispatch rules with their places.
struct DispatchRules {
    var rules: [DispatchRule] = []
    /// The items, for what concerns a rule as a whole.
    var marks: [SourceMark] = []
    var urlMarks: [SourceMark] = []
    /// Every service that is named and where, by rules that are wrong otherwise, too.
    var named: [(service: String, mark: SourceMark)] = []
}

/// Reads a list of dispatch rules, in a dispatch.yaml or in routes.yaml, as App Engine does. Nothing is expanded in it.
struct DispatchReader {
    private static let ruleLimit = 20

    let reader: NodeReader
    private var context: LoadContext { reader.context }

    init(_ reader: NodeReader) { self.reader = reader }

    /// A whole dispatch.yaml.
    func file(_ root: YAMLNode?) -> DispatchRules {
        guard let root, !root.isNull else { return DispatchRules() }
        guard let fields = reader.fields(root, ConfigurationSchema.dispatchFile, of: "dispatch.yaml") else {
            return DispatchRules()
        }
        if let mark = fields.keyMark("application") {
            context.warn(
                .applicationKey, at: mark, "'application' is not used, and gcloud refuses to deploy a file that has it",
                hint: "remove it before deploying")
        }
        return rules(fields["dispatch"])
    }

    func rules(_ node: YAMLNode?) -> DispatchRules {
        var result = DispatchRules()
        guard let node, let items = reader.items(node, "dispatch") else { return result }
        if items.count > Self.ruleLimit {
            context.error(
                .tooManyRules, at: items[Self.ruleLimit].mark,
                "\(items.count) rules; App Engine takes \(Self.ruleLimit)",
                hint: "merge rules, or route inside a service")
        }
        for item in items { read(item, into: &result) }
        return result
    }

    private func read(_ item: YAMLNode, into result: inout DispatchRules) {
        guard let fields = reader.fields(item, ConfigurationSchema.rule, of: "a dispatch rule") else { return }
        let pattern = pattern(fields)
        let service = service(fields)
        if let service { result.named.append((service: service.0, mark: service.1)) }
        guard let pattern, let (name, _) = service else { return }
        result.rules.append(DispatchRule(pattern: pattern, service: name))
        result.marks.append(item.mark)
        result.urlMarks.append(fields["url"]?.mark ?? item.mark)
    }

    // MARK: - Pattern

    private func pattern(_ fields: Fields) -> DispatchPattern? {
        guard let node = fields["url"] else {
            context.error(
                .missingUrl, at: fields.keyMark("url") ?? fields.mark, "this rule has no 'url'",
                hint: "add url: \"*/path*\"")
            return nil
        }
        if case .unreadable = node.content { return nil }
        guard let scalar = node.scalar, scalar.value == .string else {
            context.error(
                .urlType, at: node.mark, "'url' must be text, not \(node.kindName)", hint: "write HOST/PATH, in quotes")
            return nil
        }
        do throws(DispatchPatternError) {
            let pattern = try DispatchPattern(scalar.text)
            warnOfEscapes(pattern, node)
            return pattern
        } catch {
            context.error(
                DiagnosticCode(error.kind), at: node.mark(offset: error.offset, length: error.length), error.message,
                hint: error.hint)
            return nil
        }
    }

    /// Paths are decoded before they are compared, all but `%2F`.
    private func warnOfEscapes(_ pattern: DispatchPattern, _ node: YAMLNode) {
        let bytes = Array(pattern.text.utf8)
        let isHex = { (byte: UInt8) in (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20) }
        for index in bytes.indices.dropLast(2) where bytes[index] == UInt8(ascii: "%") {
            let digits = bytes[(index + 1)...(index + 2)]
            guard digits.allSatisfy(isHex), !digits.elementsEqual("2F".utf8) else { continue }
            let escape = "%" + String(decoding: digits, as: UTF8.self)
            return context.warn(
                .unreachableRule, at: node.mark,
                "this rule never matches: paths are compared decoded, so none holds '\(escape)'",
                hint: escape == "%2f" ? "write %2F" : "write the character itself")
        }
    }

    // MARK: - Service

    private func service(_ fields: Fields) -> (name: String, mark: SourceMark)? {
        if let module = fields.keyMark("module"), fields["module"] != nil, fields["service"] != nil {
            context.error(
                .bothServiceAndModule, at: module, "'module' is the old name of 'service'; a rule has one of them",
                hint: "remove 'module'")
            return nil
        }
        guard let node = fields["service"] ?? fields["module"] else {
            let mark = fields.keyMark("service") ?? fields.keyMark("module") ?? fields.mark
            context.error(.missingService, at: mark, "this rule names no service", hint: "add service: NAME")
            return nil
        }
        return ServiceText.name(node, context).map { ($0, node.mark) }
    }
}

/// Service names as values: in rules and in app.yaml.
enum ServiceText {
    /// Reports what is no service name.
    static func name(_ node: YAMLNode, _ context: LoadContext) -> String? {
        guard let scalar = node.scalar else {
            if case .unreadable = node.content { return nil }
            context.error(
                .structure, at: node.mark, "a service name must be text, not \(node.kindName)", hint: "write one name")
            return nil
        }
        let name: String
        switch scalar.value {
        case .boolean:
            context.error(
                .serviceYamlBoolean, at: node.mark, "'\(scalar.text)' is a boolean to YAML, not a name",
                hint: "quote it: \"\(scalar.text)\"")
            return nil
        case .float:
            context.error(
                .service, at: node.mark, "a service name cannot be a decimal number",
                hint: "names have no dots; choose another")
            return nil
        case .integer(let digits): name = digits
        case .null, .string: name = scalar.text
        }
        guard let problem = ServiceName.problem(name) else { return name }
        context.error(
            .service, at: node.mark, "the service name '\(name)' \(problem)",
            hint: "use lower-case letters, digits and inner hyphens")
        return nil
    }
}

extension DiagnosticCode {
    init(_ kind: DispatchPatternError.Kind) {
        self =
            switch kind {
            case .urlShape: .urlShape
            case .host: .host
            case .hostIPv4: .hostIPv4
            case .starInPath: .starInPath
            case .patternTooLong: .patternTooLong
            }
    }
}
