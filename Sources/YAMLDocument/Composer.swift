internal import Diagnostics

/// Builds nodes from events: aliases, merge keys, duplicate keys and limits are its work.
struct Composer: ~Copyable {
    enum Failure: Error {
        case syntax(YAMLProblem)
        case other(Diagnostic)
    }

    private enum Anchored {
        case inProgress
        case done(YAMLNode, weight: Int)
    }

    private let reader: EventReader
    let file: String
    let anchors: YAMLDocument.Anchors
    /// Where values start that were already reported.
    private let broken: Set<Int>
    private(set) var diagnostics: [Diagnostic] = []
    private var known: [String: Anchored] = [:]
    private var nodeCount = 0

    init(_ text: [UInt8], file: String, anchors: YAMLDocument.Anchors, broken: Set<Int>) {
        reader = EventReader(text)
        self.file = file
        self.anchors = anchors
        self.broken = broken
    }

    mutating func document() throws(Failure) -> YAMLNode? {
        var root: YAMLNode?
        var sawDocument = false
        while true {
            let event = try next()
            switch event.kind {
            case .streamEnd: return root
            case .documentStart where sawDocument:
                report(
                    .multipleDocuments, at: event.start.mark(file, length: 3), "a second document begins here",
                    hint: "keep one document to a file; remove the '---' or '...'")
                return root
            case .documentStart:
                sawDocument = true
                root = try node(try next(), depth: 1)
            default: break
            }
        }
    }

    private func next() throws(Failure) -> YAMLEvent {
        do { return try reader.next() } catch { throw .syntax(error) }
    }

    mutating func report(
        _ code: DiagnosticCode, at mark: SourceMark, _ message: String, hint: String?, notes: [Diagnostic.Note] = []
    ) {
        diagnostics.append(Diagnostic(code, at: mark, message, hint: hint, notes: notes))
    }

    // MARK: - Nodes

    private mutating func node(_ event: YAMLEvent, depth: Int) throws(Failure) -> YAMLNode {
        try count(1, at: event)
        let before = nodeCount
        switch event.kind {
        case .alias(let name): return try alias(name, event)
        case .scalar(let scalar, let properties):
            open(properties, event)
            let content: YAMLNode.Content = broken.contains(event.start.index) ? .unreadable : .scalar(scalar)
            return close(properties, YAMLNode(content, mark: mark(of: event)), since: before)
        case .sequenceStart(let properties):
            try check(depth, at: event)
            open(properties, event)
            var items: [YAMLNode] = []
            while true {
                let event = try next()
                if case .sequenceEnd = event.kind { break }
                items.append(try node(event, depth: depth + 1))
            }
            return close(properties, YAMLNode(.sequence(items), mark: mark(of: event)), since: before)
        case .mappingStart(let properties):
            try check(depth, at: event)
            open(properties, event)
            let entries = try mapping(depth: depth)
            return close(properties, YAMLNode(.mapping(entries), mark: mark(of: event)), since: before)
        default:
            // Events arrive well nested, so nothing else can start a node.
            return YAMLNode(.unreadable, mark: mark(of: event))
        }
    }

    private mutating func mapping(depth: Int) throws(Failure) -> [YAMLEntry] {
        var builder = MappingBuilder()
        while true {
            let keyEvent = try next()
            if case .mappingEnd = keyEvent.kind { break }
            let key = try node(keyEvent, depth: depth + 1)
            let value = try node(try next(), depth: depth + 1)
            guard let scalar = key.scalar else {
                if case .unreadable = key.content { continue }
                report(
                    .structure, at: key.mark, "a key must be text, not \(key.kindName)",
                    hint: "quote a text that holds brackets or braces")
                continue
            }
            if scalar.text == "<<", scalar.style == .plain {
                merge(value, keyMark: key.mark, into: &builder)
            } else {
                builder.add(YAMLEntry(key: scalar.text, keyMark: key.mark, value: value))
            }
        }
        diagnostics += builder.diagnostics
        return builder.finished
    }

    private mutating func merge(_ value: YAMLNode, keyMark: SourceMark, into builder: inout MappingBuilder) {
        guard anchors == .allowed else {
            return report(
                .yamlAnchor, at: keyMark, "App Engine files may not hold merge keys", hint: "write the keys out")
        }
        let sources: [YAMLNode] = if case .sequence(let items) = value.content { items } else { [value] }
        for source in sources {
            switch source.content {
            case .mapping(let entries): builder.merge(entries)
            case .unreadable: break
            default:
                report(
                    .structure, at: source.mark, "'<<' takes a mapping or a list of mappings, not \(source.kindName)",
                    hint: "give it an alias of a mapping, such as *name")
            }
        }
    }

    // MARK: - Anchors

    private mutating func open(_ properties: YAMLEvent.Properties, _ event: YAMLEvent) {
        if let tag = properties.tag, tag != "!", !CoreTag.names.contains(tag) {
            report(.structure, at: mark(of: event), "the tag '\(tag)' means nothing here", hint: "remove it")
        }
        guard let anchor = properties.anchor else { return }
        if anchors == .refused {
            report(
                .yamlAnchor, at: mark(of: event), "App Engine files may not hold anchors",
                hint: "remove '&\(anchor)', or quote the value if it is meant as text")
        } else {
            known[anchor] = .inProgress
        }
    }

    private mutating func close(_ properties: YAMLEvent.Properties, _ node: YAMLNode, since before: Int) -> YAMLNode {
        if anchors == .allowed, let anchor = properties.anchor {
            known[anchor] = .done(node, weight: nodeCount - before + 1)
        }
        return node
    }

    private mutating func alias(_ name: String, _ event: YAMLEvent) throws(Failure) -> YAMLNode {
        let mark = mark(of: event)
        if anchors == .refused {
            report(
                .yamlAnchor, at: mark,
                "a value that starts with '*' is a YAML alias, which App Engine files may not hold",
                hint: "quote it: \"*\(name)\"")
            return YAMLNode(.unreadable, mark: mark)
        }
        switch known[name] {
        case .done(let node, let weight)?:
            try count(weight - 1, at: event)
            return node
        case .inProgress?:
            report(
                .yamlSyntax, at: mark, "'*\(name)' stands inside what it names", hint: "remove it or rename the anchor")
        case nil:
            report(
                .yamlSyntax, at: mark, "there is no anchor '&\(name)' before this alias",
                hint: "a value that starts with '*' must be quoted: \"*\(name)\"")
        }
        return YAMLNode(.unreadable, mark: mark)
    }

    // MARK: - Limits and marks

    private mutating func count(_ nodes: Int, at event: YAMLEvent) throws(Failure) {
        nodeCount += nodes
        guard nodeCount > YAMLDocument.nodeLimit else { return }
        throw .other(
            Diagnostic(
                .yamlLimit, at: event.start.mark(file),
                "the file holds more than \(YAMLDocument.nodeLimit) values once its aliases are expanded",
                hint: "use fewer aliases or split the file"))
    }

    private func check(_ depth: Int, at event: YAMLEvent) throws(Failure) {
        guard depth > YAMLDocument.depthLimit else { return }
        throw .other(
            Diagnostic(
                .yamlLimit, at: event.start.mark(file),
                "lists and mappings are nested more than \(YAMLDocument.depthLimit) deep", hint: "flatten them"))
    }

    /// Scalars are underlined whole, collections at their first character.
    private func mark(of event: YAMLEvent) -> SourceMark {
        guard event.end.line == event.start.line else { return event.start.mark(file) }
        switch event.kind {
        case .scalar, .alias: return event.start.mark(file, length: event.end.column - event.start.column)
        default: return event.start.mark(file)
        }
    }
}

/// The tags of YAML's own types.
enum CoreTag {
    static let names: Set<String> = Set(
        ["str", "int", "float", "bool", "null", "seq", "map"].map { "tag:yaml.org,2002:\($0)" })
}
