internal import Diagnostics
internal import YAMLDocument

/// What one load gathers while it walks the nodes. Used by one thread.
final class LoadContext {
    let environment: [String: String]
    let catalog: HandlerCatalog
    private(set) var diagnostics: [Diagnostic] = []
    private(set) var secrets: Set<String> = []
    private(set) var sources: [String: String] = [:]

    init(environment: [String: String] = [:], catalog: HandlerCatalog = HandlerCatalog([])) {
        self.environment = environment
        self.catalog = catalog
    }

    var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    func add(_ findings: [Diagnostic]) { diagnostics += findings }

    func error(
        _ code: DiagnosticCode, at mark: SourceMark?, _ message: String, hint: String? = nil,
        notes: [Diagnostic.Note] = []
    ) {
        diagnostics.append(Diagnostic(code, at: mark, message, hint: hint, notes: notes))
    }

    func warn(
        _ code: DiagnosticCode, at mark: SourceMark?, _ message: String, hint: String? = nil,
        notes: [Diagnostic.Note] = []
    ) {
        diagnostics.append(Diagnostic(code, .warning, at: mark, message, hint: hint, notes: notes))
    }

    // MARK: - Sources and secrets

    /// Keeps the text for excerpts and reads it as YAML.
    func parse(_ source: SourceText, anchors: YAMLDocument.Anchors) -> YAMLNode? {
        let text = source.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? source.bytes.dropFirst(3) : source.bytes[...]
        // Past the limit nothing is quoted but the first line.
        sources[source.file] = String(decoding: text.prefix(YAMLDocument.sizeLimit), as: UTF8.self)
        // Found in the raw text, so that a line that is not even YAML is quoted without its password.
        keepSecrets(CredentialText.passwords(in: sources[source.file] ?? ""))
        let (root, findings) = YAMLDocument.parse(source.bytes, file: source.file, anchors: anchors)
        diagnostics += findings
        return root
    }

    /// Masks these values from now on; where the file spells them otherwise (with escapes, say), the file's text too.
    func keepSecrets(_ values: [String], at mark: SourceMark? = nil) {
        for value in values {
            let lines = value.split(whereSeparator: \.isNewline).map(\.trimmed)
            // A brace on a line of its own is no secret.
            secrets.formUnion(lines.filter { $0.utf8.count >= (lines.count > 1 ? 4 : 1) })
        }
        guard let mark, !values.isEmpty, let written = excerpt(mark), !values.contains(where: written.contains) else {
            return
        }
        secrets.insert(written)
    }

    /// Masks all that a node holds, also what has the wrong shape.
    func keepSecrets(of node: YAMLNode) {
        switch node.content {
        case .scalar(let scalar): keepSecrets([scalar.text], at: node.mark)
        case .sequence(let items): items.forEach(keepSecrets)
        case .mapping(let entries): entries.map(\.value).forEach(keepSecrets)
        case .unreadable: break
        }
    }

    private func excerpt(_ mark: SourceMark) -> String? {
        guard let text = sources[mark.file], mark.length > 1 else { return nil }
        let lines = text.split(maxSplits: mark.line, omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard lines.indices.contains(mark.line - 1) else { return nil }
        let scalars = lines[mark.line - 1].unicodeScalars.dropFirst(mark.column - 1).prefix(mark.length)
        return String(scalars)
    }
}
