/// Writes diagnostics for people: the line, a caret below it, and the way out.
///
/// Values in `secrets` are masked wherever they would appear, the quoted source line included.
package struct DiagnosticRenderer: Sendable {
    /// Source text by file name, split into lines.
    private var lines: [String: [Substring]] = [:]
    private let secrets: [String]

    package init(sources: [String: String], secrets: [String] = []) {
        self.secrets = secrets.filter { !$0.isEmpty }.sorted { $0.utf8.count > $1.utf8.count }
        for (file, text) in sources {
            lines[file] = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        }
    }

    /// The whole report, errors and warnings in file order, ending with a newline; empty when there is nothing to say.
    package func render(_ diagnostics: [Diagnostic]) -> String {
        diagnostics.map(render).joined()
    }

    package func render(_ diagnostic: Diagnostic) -> String {
        var text = diagnostic.mark.map { "\($0): " } ?? ""
        text += "\(diagnostic.severity.rawValue): \(diagnostic.message)"
        if let hint = diagnostic.hint { text += "; \(hint)" }
        text += " [\(diagnostic.code.rawValue)]\n"
        if let mark = diagnostic.mark { text += excerpt(mark) }
        for note in diagnostic.notes {
            text += "\(note.mark): note: \(note.message)\n" + excerpt(note.mark)
        }
        return masked(text)
    }

    /// Replaces every secret in `text` with `***`.
    package func masked(_ text: String) -> String {
        var result = text
        for secret in secrets { result = result.replacing(secret, with: "***") }
        return result
    }

    private func excerpt(_ mark: SourceMark) -> String {
        guard let source = lines[mark.file], source.indices.contains(mark.line - 1) else { return "" }
        let line = source[mark.line - 1]
        let number = "\(mark.line)"
        let gutter = String(repeating: " ", count: number.count)
        // Tabs stay tabs below, so that the caret stands under its character.
        let indent = line.unicodeScalars.prefix(mark.column - 1).map { $0 == "\t" ? "\t" : " " }.joined()
        let room = max(1, line.unicodeScalars.count - (mark.column - 1))
        let caret = "^" + String(repeating: "~", count: min(mark.length, room) - 1)
        return " \(number) | \(line)\n \(gutter) | \(indent)\(caret)\n"
    }
}
