package import Diagnostics

/// Reads YAML 1.1 text into nodes with marks.
///
/// A hostile file is refused, never a hang or a crash: size, depth and expansion have limits.
package enum YAMLDocument {
    /// What becomes of `&anchor`, `*alias` and `<<:`.
    package enum Anchors: Sendable {
        /// Aliases are expanded, merge keys resolved.
        case allowed
        /// Each is an error, as in App Engine's files.
        case refused
    }

    /// Largest file, in bytes.
    package static let sizeLimit = 1 << 20
    /// Deepest nesting of lists and mappings.
    package static let depthLimit = 64
    /// Most nodes in a file, with every alias counted as what it stands for.
    package static let nodeLimit = 400_000

    /// Reads one document.
    ///
    /// - Returns: `root` is nil for an empty file, and where the text cannot be read to its end (then with an error).
    package static func parse(
        _ text: [UInt8], file: String, anchors: Anchors
    ) -> (root: YAMLNode?, diagnostics: [Diagnostic]) {
        guard text.count <= sizeLimit else {
            return (nil, [tooLarge(file: file)])
        }
        if let problem = encodingProblem(text, file: file) { return (nil, [problem]) }
        var text = text.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(text.dropFirst(3)) : text
        var broken: [Int: Diagnostic] = [:]
        while true {
            var composer = Composer(text, file: file, anchors: anchors, broken: Set(broken.keys))
            do {
                let root = try composer.document()
                return (root, inFileOrder(composer.diagnostics + broken.values))
            } catch {
                // One bad character at the start of a value need not hide the rest of the file's errors.
                guard case .syntax(let problem) = error, broken.count < 20,
                    let start = BadStart(problem, in: text), broken[start.index] == nil
                else { return (nil, inFileOrder(composer.diagnostics + broken.values + [error.diagnostic(file)])) }
                broken[start.index] = start.diagnostic(file)
                text[start.byte] = UInt8(ascii: "_")
            }
        }
    }

    private static func inFileOrder(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
        diagnostics.sorted { ($0.mark?.line ?? 0, $0.mark?.column ?? 0) < ($1.mark?.line ?? 0, $1.mark?.column ?? 0) }
    }

    private static func tooLarge(file: String) -> Diagnostic {
        Diagnostic(
            .yamlLimit, at: SourceMark(file: file, line: 1, column: 1),
            "the file has more than the \(sizeLimit) bytes that are read",
            hint: "is this the right file?")
    }

    private static func encodingProblem(_ text: [UInt8], file: String) -> Diagnostic? {
        var parser = Unicode.UTF8.ForwardParser()
        var bytes = text.makeIterator()
        var offset = 0
        while true {
            switch parser.parseScalar(from: &bytes) {
            case .valid(let scalar): offset += scalar.count
            case .emptyInput: return nil
            case .error:
                let position = TextPosition.of(byte: offset, in: text)
                let hint =
                    text.starts(with: [0xFF, 0xFE]) || text.starts(with: [0xFE, 0xFF])
                    ? "it looks like UTF-16; save it as UTF-8" : "save the file as UTF-8"
                return Diagnostic(
                    .yamlEncoding, at: position.mark(file), "byte \(offset + 1) of the file is not valid UTF-8",
                    hint: hint)
            }
        }
    }
}

extension YAMLEvent.Position {
    func mark(_ file: String, length: Int = 1) -> SourceMark {
        SourceMark(file: file, line: line + 1, column: column + 1, length: length)
    }
}
