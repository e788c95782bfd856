internal import Diagnostics
internal import PluginKit
internal import Routing
internal import YAMLDocument

/// Reads the items of `routes` and `channels`.
struct RouteReader {
    let reader: NodeReader
    let kind: RouteConfiguration.Kind
    let inherited: Inherited
    /// The service's name.
    let service: String
    private var context: LoadContext { reader.context }

    init(_ reader: NodeReader, _ kind: RouteConfiguration.Kind, _ inherited: Inherited, service: String) {
        self.reader = reader
        self.kind = kind
        self.inherited = inherited
        self.service = service
    }

    func all(_ node: YAMLNode?) -> [RouteConfiguration] {
        guard let node else { return [] }
        return reader.items(node, "\(kind.noun)s")?.compactMap(one) ?? []
    }

    private func one(_ node: YAMLNode) -> RouteConfiguration? {
        let before = reader.context.diagnostics.count
        let section = kind == .route ? ConfigurationSchema.route : ConfigurationSchema.channel
        guard let fields = reader.fields(node, section, of: "a \(kind.noun)") else { return nil }
        let path = required("path", fields, hint: "add path: /…")
        let template = path.flatMap(template)
        let handlerNode = required("handler", fields, hint: "add handler: NAME; \(known)")
        let declaration = handlerNode.flatMap(declaration)
        let methods = fields["methods"].map(methods)
        let origins = fields["origins"].map { reader.oneOrMore($0).compactMap(origin) }
        let compression = reader.compression(fields["compression"])
        let limits = reader.limits(fields["limits"], inherited: inherited.limits)
        let timeouts = reader.timeouts(fields["timeouts"], inherited: inherited.timeouts)
        let scope = "\(service) \(kind.noun) \(template?.text ?? "") \(methods?.joined(separator: ",") ?? "")"
        let use = inherited.use + UseReader(reader).steps(fields["use"], scope: scope)
        guard let handlerNode, let declaration else { return nil }
        let with = fields["with"]
        let settings = SettingsReader(reader, declaration).settings(with, handlerMark: handlerNode.mark)
        guard let path, let template else { return nil }
        var route = RouteConfiguration(
            kind: kind, template: template, methods: methods, handler: declaration.name, settings: settings,
            origins: origins, compression: compression, limits: limits, timeouts: timeouts, use: use, mark: path.mark,
            handlerMark: handlerNode.mark, with: with)
        route.isSound = reader.context.diagnostics.count == before
        return route
    }

    private func required(_ key: String, _ fields: Fields, hint: String) -> YAMLNode? {
        if let node = fields[key] { return node }
        context.error(
            .missingKey, at: fields.keyMark(key) ?? fields.mark, "this \(kind.noun) has no '\(key)'", hint: hint)
        return nil
    }

    private func template(_ node: YAMLNode) -> PathTemplate? {
        guard let scalar = reader.scalar(node, "path") else { return nil }
        do throws(PathTemplateError) {
            return try PathTemplate(scalar.text)
        } catch {
            let mark = scalar.isExpanded ? node.mark : node.mark(offset: error.offset, length: error.length)
            context.error(.pathTemplate, at: mark, error.message, hint: error.hint)
            return nil
        }
    }

    // MARK: - Handlers

    private func declaration(_ node: YAMLNode) -> HandlerDeclaration? {
        guard let name = reader.text(node, "handler") else { return nil }
        guard let declaration = context.catalog[name] else {
            let near = Suggestion.hint(for: name, in: context.catalog.names)
            context.error(.unknownHandler, at: node.mark, "unknown handler '\(name)'", hint: near ?? known)
            return nil
        }
        guard declaration.kind == kind else {
            guard let other = declaration.kind?.noun else {
                context.error(
                    .handlerKind, at: node.mark, "'\(name)' is middleware, not a handler",
                    hint: "name it under 'use'; \(known)")
                return nil
            }
            context.error(
                .handlerKind, at: node.mark, "'\(name)' serves \(other)s, but stands among the \(kind.noun)s",
                hint: "move it to '\(other)s', or use another handler; \(known)")
            return nil
        }
        return declaration
    }

    private var known: String {
        let names = context.catalog.names(for: kind)
        return names.isEmpty
            ? "no handler serves \(kind.noun)s" : "handlers for \(kind.noun)s: " + names.joined(separator: ", ")
    }

    // MARK: - Methods and origins

    private func methods(_ node: YAMLNode) -> [String] {
        let nodes = reader.oneOrMore(node)
        if nodes.isEmpty {
            context.error(
                .badValue, at: node.mark, "'methods' is empty, so nothing could match",
                hint: "name a method, or remove the key to allow any")
        }
        var methods: [String] = []
        for node in nodes {
            guard let name = reader.text(node, "methods"), isMethod(name, at: node.mark) else { continue }
            guard methods.contains(name) else {
                methods.append(name)
                continue
            }
            context.error(.badValue, at: node.mark, "the method \(name) is listed twice", hint: "remove one of the two")
        }
        return methods
    }

    private static let methodNames = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]

    /// RFC 9110 §9.1: a token, and case matters.
    private func isMethod(_ name: String, at mark: SourceMark) -> Bool {
        let upper = name.uppercased()
        // A field's name is a token, too.
        if !HeaderFields.isName(name) {
            let hint = "write several as a list: [GET, POST]"
            context.error(
                .badValue, at: mark, "'\(name)' is not a method",
                hint: name == "*" ? "remove 'methods' to allow any" : hint)
        } else if name != upper, Self.methodNames.contains(upper) {
            context.error(
                .badValue, at: mark, "methods are case-sensitive; '\(name)' never comes", hint: "write \(upper)")
        } else if name == "CONNECT" {
            context.error(.badValue, at: mark, "CONNECT asks for a tunnel and has no path", hint: "remove it")
        } else if let near = Suggestion.nearest(to: name, in: Self.methodNames), near != name,
            !Self.extensions.contains(name)
        {
            context.warn(.badValue, at: mark, "'\(name)' is no usual method", hint: "did you mean '\(near)'?")
            return true
        } else {
            return true
        }
        return false
    }

    /// Registered methods that are near a usual one's spelling.
    private static let extensions: Set<String> = [
        "PRI", "ACL", "LOCK", "COPY", "MOVE", "BIND", "LINK", "QUERY", "MERGE",
    ]

    private func origin(_ node: YAMLNode) -> String? {
        guard let text = reader.text(node, "origins") else { return nil }
        if text == "*" || OriginText.isOrigin(text) { return text.lowercased() }
        context.error(
            .badValue, at: node.mark, "'\(text)' is not an origin",
            hint:
                "write what browsers send, https://example.com or http://localhost:3000, or \"*\" for any"
        )
        return nil
    }
}

/// RFC 6454 §7: `scheme://host[:port]`, nothing behind it.
enum OriginText {
    static func isOrigin(_ text: String) -> Bool {
        guard let separator = text.firstRange(of: "://") else { return false }
        let scheme = text[..<separator.lowerBound]
        guard scheme.first?.isLetter == true,
            scheme.utf8.allSatisfy({
                (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0)
            })
        else { return false }
        return AddressText(String(text[separator.upperBound...]))?.host != nil
    }
}

extension YAMLNode {
    /// The place of a part of this scalar's text, in Unicode scalars.
    ///
    /// Of the whole where the file spells it with escapes.
    func mark(offset: Int, length: Int) -> SourceMark {
        guard let scalar else { return mark }
        let count = scalar.text.unicodeScalars.count
        let quote = scalar.style == .quoted ? 1 : 0
        guard mark.length == count + 2 * quote, offset < count else { return mark }
        return SourceMark(
            file: mark.file, line: mark.line, column: mark.column + quote + offset, length: min(length, count - offset))
    }
}
