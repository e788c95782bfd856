import Diagnostics
import Testing
import YAMLDocument

@Suite struct DocumentTests {
    @Test(arguments: [
        ("", "empty"), ("# only a comment\n", "empty"), ("---\n", "null"), ("---\na: 1\n...\n", "{a: 1}"),
        ("a: {b: [x, 2, yes, ~]}\n", "{a: {b: [\"x\", 2, true, null]}}"), ("- - 1\n  - 2\n- 3", "[[1, 2], 3]"),
        ("a:\nb: ''\n", "{a: null, b: \"\"}"), ("a: |\n  x\n  y\n", "{a: \"x\ny\n\"}"), ("\u{FEFF}a: 1", "{a: 1}"),
        ("a: \"\\u00e9\"", "{a: \"é\"}"), ("on: 1\n7: 2\n", "{on: 1, 7: 2}"), ("a: 1\r\nb: 2\r\n", "{a: 1, b: 2}"),
        ("%YAML 1.1\n---\na: 1", "{a: 1}"),
    ])
    func nodes(_ text: String, _ expected: String) {
        #expect(describe(parse(text).root) == expected)
        #expect(findings(text) == [])
    }

    @Test func marksCountFromOneInScalars() throws {
        let root = try #require(parse("# é\nä: { b: [ 'x y', 2 ] }\n").root)
        guard case .mapping(let top) = root.content, case .mapping(let inner) = top[0].value.content,
            case .sequence(let items) = inner[0].value.content
        else {
            Issue.record("another shape")
            return
        }
        #expect(root.mark == SourceMark(file: "f", line: 2, column: 1))
        #expect(top[0].keyMark == SourceMark(file: "f", line: 2, column: 1, length: 1))
        #expect(inner[0].keyMark == SourceMark(file: "f", line: 2, column: 6, length: 1))
        #expect(
            items.map(\.mark) == [
                SourceMark(file: "f", line: 2, column: 11, length: 5),
                SourceMark(file: "f", line: 2, column: 18, length: 1),
            ])
    }

    @Test(arguments: [
        ("a: &x {b: 1}\nc: *x\n", "{a: {b: 1}, c: {b: 1}}"), ("- &x 1\n- *x\n- &x 2\n- *x", "[1, 1, 2, 2]"),
        ("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\n", "{a: {p: 1, q: 2}, b: {q: 3, p: 1}}"),
        ("a: &x {p: 1}\nc: &y {p: 2, r: 3}\nb: {<<: [*x, *y]}", "{a: {p: 1}, c: {p: 2, r: 3}, b: {p: 1, r: 3}}"),
        ("'<<': 1", "{<<: 1}"),
    ])
    func aliasesAndMergeKeys(_ text: String, _ expected: String) {
        #expect(describe(parse(text).root) == expected)
        #expect(findings(text) == [])
    }

    @Test(arguments: [
        ("a: &x 1\n", ["1:4 yamlAnchor"]), ("a: *x\nb: *y\n", ["1:4 yamlAnchor", "2:4 yamlAnchor"]),
        ("<<: {a: 1}\n", ["1:1 yamlAnchor"]), ("a: &x\n  b: 1\n", ["1:4 yamlAnchor"]),
    ])
    func refusedAnchors(_ text: String, _ expected: [String]) {
        #expect(findings(text, anchors: .refused) == expected)
    }

    @Test(arguments: [
        ("a: 1\nb: 2\na: 3\n", ["3:1 duplicateKey"]),
        ("x: {a: 1, a: 1, a: 2}", ["1:11 duplicateKey", "1:17 duplicateKey"]),
        ("a: 1\n'a': 2", ["2:1 duplicateKey"]), ("a: 1\n---\nb: 2\n", ["2:1 multipleDocuments"]),
        ("a: 1\n---\n", ["2:1 multipleDocuments"]), ("[a]: 1", ["1:1 structure"]), ("{a: 1}: 2", ["1:1 structure"]),
        ("a: !foo 1", ["1:4 structure"]), ("a: *x", ["1:4 yamlSyntax"]), ("a: &x [*x]", ["1:8 yamlSyntax"]),
        ("<<: 7", ["1:5 structure"]), ("a: \"x\nb: 1", ["1:4 yamlSyntax"]), ("- a: 1\n b: 2", ["2:2 yamlSyntax"]),
        ("a: */x\nb: *.y/*\nc: @z\nc: 1", ["1:4 yamlSyntax", "2:4 yamlSyntax", "3:4 yamlSyntax", "4:1 duplicateKey"]),
        ("a:\n\t- b", ["2:1 yamlSyntax"]), ("a: b: c", ["1:5 yamlSyntax"]), ("a: {x: /{f}}", ["1:9 yamlSyntax"]),
        ("a: \u{1}", ["1:4 yamlSyntax"]), ("é: 1\n\n  \u{7}", ["3:3 yamlSyntax"]), ("a: [1, 2", ["1:4 yamlSyntax"]),
    ])
    func errors(_ text: String, _ expected: [String]) { #expect(findings(text) == expected) }

    @Test func aDuplicateKeyShowsBothPlaces() throws {
        let finding = try #require(parse("a: 1\nb: 2\na: 3\n").diagnostics.first)
        #expect(finding.notes == [.init(mark: SourceMark(file: "f", line: 1, column: 1), message: "first set here")])
    }

    @Test(arguments: [
        ("a: */x", "a value that starts with '*' must be quoted"), ("a: 'x", "this quote is never closed"),
        ("a:\n\t- b", "indent with spaces"), ("x: {p: /{f...}}", "must be quoted"), ("a: *x", "must be quoted"),
        ("a: [,]", "a value is missing here"),
        ("a: 1\n b: 2", "quote a value that holds ': '"), ("a:\n  - 1\n  b: 2", "line it up with the other items"),
    ])
    func messagesSayWhatToDo(_ text: String, _ fragment: String) {
        let findings = parse(text).diagnostics
        let words = findings.map { $0.message + "; " + ($0.hint ?? "") }.joined(separator: "\n")
        #expect(words.contains(fragment), "\(words)")
    }
}
