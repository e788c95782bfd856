package import Diagnostics

/// What came of reading a configuration.
package struct LoadResult: Sendable {
    /// nil if there is any error.
    package var configuration: GatewayConfiguration? { hasErrors ? nil : partial }
    /// What could be read in spite of errors, for finding more of them; nil if nothing could.
    package var partial: GatewayConfiguration?
    /// Errors and warnings by file and line.
    package var diagnostics: [Diagnostic]
    /// Knows the sources, and masks the secrets that were read.
    package var renderer: DiagnosticRenderer

    package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

extension LoadContext {
    /// Findings without a place first, then file by file in the order of reading, then by line.
    func result(files: [String], _ configuration: GatewayConfiguration?) -> LoadResult {
        let order = Dictionary(files.enumerated().map { ($1, $0 + 1) }) { first, _ in first }
        func key(_ mark: SourceMark?) -> (Int, Int, Int) {
            mark.map { (order[$0.file] ?? 0, $0.line, $0.column) } ?? (-1, 0, 0)
        }
        let sorted = diagnostics.enumerated().sorted { a, b in
            let (left, right) = (key(a.element.mark), key(b.element.mark))
            return left == right ? a.offset < b.offset : left < right
        }
        return LoadResult(
            partial: configuration, diagnostics: sorted.map(\.element),
            renderer: DiagnosticRenderer(sources: sources, secrets: Array(secrets)))
    }
}
