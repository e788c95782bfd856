/// One finding about a configuration: what is wrong, where, and what to do about it.
package struct Diagnostic: Sendable, Equatable {
    package enum Severity: String, Sendable {
        case error, warning
    }

    /// A second place that belongs to the finding ("first defined here").
    package struct Note: Sendable, Equatable {
        package var mark: SourceMark
        package var message: String

        package init(mark: SourceMark, message: String) {
            self.mark = mark
            self.message = message
        }
    }

    package var code: DiagnosticCode
    package var severity: Severity
    /// nil when the finding concerns no place in a file (a file that cannot be opened, say).
    package var mark: SourceMark?
    package var message: String
    package var hint: String?
    package var notes: [Note]

    package init(
        _ code: DiagnosticCode, _ severity: Severity = .error, at mark: SourceMark?, _ message: String,
        hint: String? = nil, notes: [Note] = []
    ) {
        self.code = code
        self.severity = severity
        self.mark = mark
        self.message = message
        self.hint = hint
        self.notes = notes
    }
}
