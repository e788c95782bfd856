/// A place in a configuration file.
///
/// - Units: `line` and `column` count from 1; columns count Unicode scalars; `length` is how many the caret underlines.
package struct SourceMark: Hashable, Sendable {
    package var file: String
    package var line: Int
    package var column: Int
    package var length: Int

    package init(file: String, line: Int, column: Int, length: Int = 1) {
        self.file = file
        self.line = line
        self.column = column
        self.length = max(1, length)
    }
}

extension SourceMark: CustomStringConvertible {
    /// `file:line:column`, the form editors and terminals make clickable.
    package var description: String { "\(file):\(line):\(column)" }
}
