import Foundation

/// A Swift file of the package, and what it imports.
struct SourceFile: Sendable {
    struct Import: Sendable, Equatable {
        var line: Int
        var module: String
        var isTestable = false
    }

    /// Relative to the package.
    var path: String
    var imports: [Import]

    init(path: String, text: String) {
        self.path = path
        imports = Self.imports(in: text)
    }

    /// Every Swift file of a target, below its folder.
    static func all(of target: Target, in root: URL) throws -> [SourceFile] {
        let folder = root.appendingPathComponent(target.folder).resolvingSymlinksInPath()
        guard let paths = FileManager.default.enumerator(atPath: folder.path) else { return [] }
        return try paths.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.sorted().map { path in
            SourceFile(
                path: "\(target.folder)/\(path)",
                text: try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8))
        }
    }

    /// `import M`, `package import M`, `@preconcurrency import struct M.Type`, …: one a line, not in long strings.
    private static func imports(in text: String) -> [Import] {
        var found: [Import] = []
        var isInString = false
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.split(separator: "\"\"\"", omittingEmptySubsequences: false).count.isMultiple(of: 2) {
                isInString.toggle()
            }
            guard !isInString, let module = module(importedBy: line.split(whereSeparator: \.isWhitespace)) else {
                continue
            }
            found.append(Import(line: index + 1, module: module, isTestable: line.contains("@testable")))
        }
        return found
    }

    private static func module(importedBy words: [Substring]) -> String? {
        let modifiers: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        var words = words.drop { $0.hasPrefix("@") || modifiers.contains($0) }
        guard words.popFirst() == "import" else { return nil }
        if let first = words.first, kinds.contains(first) { words.removeFirst() }
        return words.first?.split(whereSeparator: { ".;/".contains($0) }).first.map(String.init)
    }
}
