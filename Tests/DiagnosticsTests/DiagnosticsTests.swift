import Diagnostics
import Testing

@Suite struct RendererTests {
    private let source = "listen: 1\n\tbus: é # ünïcode\nurl: nats://u:s3cret@h\n"

    @Test func showsLineCaretHintAndNote() {
        let finding = Diagnostic(
            .duplicateKey, at: SourceMark(file: "r.yaml", line: 2, column: 7, length: 1), "the key is set twice",
            hint: "remove one",
            notes: [.init(mark: SourceMark(file: "r.yaml", line: 1, column: 1, length: 6), message: "first set here")])
        #expect(
            DiagnosticRenderer(sources: ["r.yaml": source]).render(finding) == """
                r.yaml:2:7: error: the key is set twice; remove one [SY0004]
                 2 | \tbus: é # ünïcode
                   | \t     ^
                r.yaml:1:1: note: first set here
                 1 | listen: 1
                   | ^~~~~~

                """)
    }

    @Test func carriesOnWithoutPlaceOrSource() {
        let renderer = DiagnosticRenderer(sources: [:])
        #expect(renderer.render([]) == "")
        #expect(
            renderer.render(Diagnostic(.fileUnreadable, .warning, at: nil, "no file")) == "warning: no file [SY0009]\n")
        let lost = Diagnostic(.host, at: SourceMark(file: "x", line: 9, column: 4), "what")
        #expect(renderer.render(lost) == "x:9:4: error: what [SY0024]\n")
        #expect(DiagnosticRenderer(sources: ["x": "one line"]).render(lost) == "x:9:4: error: what [SY0024]\n")
    }

    @Test func caretStaysInsideTheLine() {
        let finding = Diagnostic(.host, at: SourceMark(file: "r", line: 1, column: 3, length: 99), "m")
        #expect(DiagnosticRenderer(sources: ["r": "abcd"]).render(finding).hasSuffix(" 1 | abcd\n   |   ^~\n"))
    }

    @Test func masksSecretsEverywhere() {
        let finding = Diagnostic(
            .badValue, at: SourceMark(file: "r.yaml", line: 3, column: 6), "'nats://u:s3cret@h' is odd",
            hint: "not s3cret")
        let text = DiagnosticRenderer(sources: ["r.yaml": source], secrets: ["", "s3", "s3cret"]).render(finding)
        #expect(!text.contains("s3"))
        #expect(text.contains("nats://u:***@h") && text.contains("not ***"))
    }
}

@Suite struct CatalogueTests {
    @Test func codesAndKindsAreUnique() {
        let all = DiagnosticCode.allCases
        #expect(Set(all.map(\.rawValue)).count == all.count)
        #expect(Set(all.map(\.kind)).count == all.count)
        #expect(all.allSatisfy { $0.rawValue.count == 6 && $0.rawValue.hasPrefix("SY") && $0.summary.hasSuffix(".") })
    }

    @Test func kindsKeepTheNamesOfTheErrorVectors() {
        let names = [
            "yamlSyntax", "yamlAnchor", "multipleDocuments", "duplicateKey", "structure", "unknownKey",
            "applicationKey",
            "missingUrl", "urlType", "urlShape", "host", "hostIPv4", "missingService", "service", "serviceYamlBoolean",
            "bothServiceAndModule", "starInPath", "tooManyRules", "patternTooLong", "unknownService",
            "noDefaultService",
        ]
        #expect(Set(names).isSubset(of: Set(DiagnosticCode.allCases.map(\.kind))))
    }
}

@Suite struct SuggestionTests {
    @Test(arguments: [
        ("add.sun", "add.sum"), ("srevices", "services"), ("ADD.SUM", "add.sum"), ("servics", "services"), ("xyz", nil),
        ("", nil), ("a", nil),
    ])
    func nearest(_ word: String, _ expected: String?) {
        #expect(Suggestion.nearest(to: word, in: ["add.sum", "add.concat", "services", "site.files"]) == expected)
    }

    @Test func tiesAreStable() {
        #expect(Suggestion.nearest(to: "cat", in: ["hat", "bat"]) == "bat")
    }
}
