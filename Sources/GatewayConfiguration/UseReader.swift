internal import Diagnostics
internal import PluginKit
internal import YAMLDocument

/// Reads a `use`: names of middleware, or names with their settings.
struct UseReader {
    let reader: NodeReader
    private var context: LoadContext { reader.context }

    init(_ reader: NodeReader) {
        self.reader = reader
    }

    /// - Parameter scope: see `MiddlewareConfiguration.scope`.
    func steps(_ node: YAMLNode?, scope: String) -> [MiddlewareConfiguration] {
        guard let node else { return [] }
        var steps: [MiddlewareConfiguration] = []
        for item in items(node) {
            guard let step = step(item, scope: scope) else { continue }
            if let first = steps.first(where: { $0.name == step.name && $0.settings == step.settings }) {
                context.error(
                    .badValue, at: step.mark, "'\(step.name)' stands here twice with the same settings",
                    hint: "remove one of the two", notes: [.init(mark: first.mark, message: "first here")])
            }
            steps.append(step)
        }
        return steps
    }

    /// A single step needs no list.
    private func items(_ node: YAMLNode) -> [YAMLNode] {
        if case .mapping = node.content { return [node] }
        return reader.oneOrMore(node)
    }

    private func step(_ node: YAMLNode, scope: String) -> MiddlewareConfiguration? {
        guard case .mapping(let entries) = node.content else {
            guard let name = reader.text(node, "use") else { return nil }
            return step(name, node.mark, with: nil, scope)
        }
        guard entries.count == 1, let entry = entries.first else {
            context.error(
                .badValue, at: node.mark, "a step under 'use' is one name, or one name with its settings",
                hint: "write each step on a line of its own: - limit.rate: { requests: 10/s }")
            return nil
        }
        return step(entry.key, entry.keyMark, with: entry.value.isNull ? nil : entry.value, scope)
    }

    private func step(
        _ name: String, _ mark: SourceMark, with: YAMLNode?, _ scope: String
    ) -> MiddlewareConfiguration? {
        guard let declaration = context.catalog[name] else {
            let near = Suggestion.hint(for: name, in: context.catalog.middlewareNames)
            context.error(.unknownHandler, at: mark, "unknown middleware '\(name)'", hint: near ?? known)
            return nil
        }
        if let kind = declaration.kind {
            context.error(
                .handlerKind, at: mark, "'\(name)' serves \(kind.noun)s; it cannot stand under 'use'",
                hint: "name it as the handler of a \(kind.noun); \(known)")
            return nil
        }
        let settings = SettingsReader(reader, declaration).settings(with, handlerMark: mark)
        return MiddlewareConfiguration(name: name, settings: settings, scope: scope, mark: mark, with: with)
    }

    private var known: String {
        let names = context.catalog.middlewareNames
        return names.isEmpty ? "there is no middleware" : "middleware: " + names.joined(separator: ", ")
    }
}
