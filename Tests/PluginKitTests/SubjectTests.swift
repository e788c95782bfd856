import PluginKit
import TestSupport
import Testing

@Suite("Subjects")
struct SubjectTests {
    /// What a subject may be used for.
    enum Use: Sendable { case publish, subscribe, nothing }

    static let rules: [(String, Use)] = [
        ("a", .publish), ("a.b.c", .publish), ("A-b_1/x:y", .publish), ("é.日本", .publish), ("$SYS.x", .publish),
        ("_INBOX.x", .publish), ("}", .publish), (String(repeating: "a", count: 1024), .publish),
        ("e\u{301}", .publish), ("\u{A1}", .publish), ("a\u{200B}", .publish),
        ("*", .subscribe), (">", .subscribe), ("a.*", .subscribe), ("*.a", .subscribe), ("a.*.b", .subscribe),
        ("*.*", .subscribe), ("a.>", .subscribe), ("*.>", .subscribe),
        ("", .nothing), (".", .nothing), (".a", .nothing), ("a.", .nothing), ("a..b", .nothing), ("*.", .nothing),
        ("a*", .nothing), ("*a", .nothing), ("a.b*", .nothing), ("a.*b.c", .nothing), ("**", .nothing),
        (">>", .nothing),
        ("*>", .nothing), (">.a", .nothing), ("a.>.b", .nothing), ("a>", .nothing), (">a", .nothing),
        ("a.>.", .nothing),
        ("a b", .nothing), (" a", .nothing), ("a\t", .nothing), ("a\r\nPUB x 0", .nothing), ("a\u{0}", .nothing),
        ("a\u{1F}", .nothing), ("\u{7F}", .nothing), ("\u{80}", .nothing), ("a\u{85}b", .nothing), ("\u{9F}", .nothing),
        ("a\u{A0}b", .nothing), ("\u{2028}", .nothing), ("a.\u{3000}", .nothing), ("a.\u{2003}b", .nothing),
        (String(repeating: "a", count: 1025), .nothing),
    ]

    @Test("What can be published to and subscribed to", arguments: rules)
    func uses(subject: String, use: Use) {
        #expect((Subject.publishProblem(subject) == nil) == (use == .publish))
        #expect((Subject.subscribeProblem(subject) == nil) == (use != .nothing))
    }

    @Test(
        "What servers keep for themselves",
        arguments: [
            ("$", true), ("$SYS.REQ", true), ("$JS.API", true), ("$\u{301}SYS", true), ("_INBOX", true),
            ("_INBOX.a", true),
            ("_INBOX.\u{301}a", true), ("a", false), ("a.$SYS", false), ("_INBOXES", false), ("_inbox.a", false),
            ("a._INBOX.b", false), ("INBOX", false),
        ])
    func reserved(subject: String, isReserved: Bool) {
        #expect(Subject.isReserved(subject) == isReserved)
    }

    static let matches: [(pattern: String, subject: String, matches: Bool)] = [
        ("a", "a", true), ("a", "A", false), ("a", "a.b", false), ("a.b", "a", false), ("a.b", "a.b", true),
        ("*", "a", true), ("*", "a.b", false), ("a.*", "a.b", true), ("a.*", "a", false), ("a.*", "a.b.c", false),
        ("*.b", "a.b", true), ("*.b", "a.c", false), ("*.*", "a.b", true), ("a.*.c", "a.b.c", true),
        (">", "a", true), (">", "a.b.c", true), ("a.>", "a", false), ("a.>", "a.b", true), ("a.>", "a.b.c", true),
        ("a.>", "b.a", false), ("*.>", "a", false), ("*.>", "a.b", true), ("a.*.>", "a.b", false),
        ("a.*.>", "a.b.c", true), ("ab", "a", false), ("a", "ab", false),
        // Subjects are bytes: equal to the eye is not equal.
        ("\u{E9}", "e\u{301}", false), ("a.*", "a.\u{301}b", true), ("a.>", "a.\u{301}b", true),
    ]

    @Test("Patterns and subjects", arguments: matches)
    func table(row: (pattern: String, subject: String, matches: Bool)) {
        #expect(Subject.matches(row.pattern, row.subject) == row.matches)
    }

    @Test("Random patterns against a definition by lists of tokens")
    func property() throws {
        var generator = SeededGenerator(seed: 4)
        var hits = 0
        for _ in 0..<20_000 {
            var pattern = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                ["a", "b", "ab", "*"].randomElement(using: &generator) ?? "a"
            }
            if Bool.random(using: &generator) { pattern.append(">") }
            let subject = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
                ["a", "b", "ab"].randomElement(using: &generator) ?? "a"
            }
            let expected = Self.defined(pattern, subject)
            let text = (pattern.joined(separator: "."), subject.joined(separator: "."))
            try #require(Subject.matches(text.0, text.1) == expected, "\(text)")
            hits += expected ? 1 : 0
        }
        // Both answers must have come up often for this to say anything.
        #expect(hits > 500 && hits < 19_500)
    }

    private static func defined(_ pattern: [String], _ subject: [String]) -> Bool {
        let prefix = pattern.last == ">" ? Array(pattern.dropLast()) : pattern
        guard pattern.last == ">" ? subject.count > prefix.count : subject.count == prefix.count else { return false }
        return zip(prefix, subject).allSatisfy { $0 == "*" || $0 == $1 }
    }

    /// Bytes from outside: what a protocol line could not hold never gets through.
    @Test("Random bytes")
    func fuzz() throws {
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
                Bool.random(using: &generator)
                    ? UInt8.random(in: 0...255, using: &generator)
                    : Array("a.*>\r\n $".utf8).randomElement(using: &generator) ?? 0
            }
            let subject = String(decoding: bytes, as: UTF8.self)
            if Subject.publishProblem(subject) == nil {
                try #require(Subject.subscribeProblem(subject) == nil)
                try #require(Subject.matches(subject, subject))
                try #require(!subject.utf8.contains { $0 <= 0x20 || $0 == 0x7F || $0 == 0x2A || $0 == 0x3E })
            }
            if Subject.subscribeProblem(subject) == nil {
                let tokens = subject.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
                try #require(tokens.allSatisfy { !$0.isEmpty })
            }
        }
    }
}

struct SubjectCoverTests {
    @Test(arguments: [
        ("a.b", "a.b", true), ("a.*", "a.b", true), ("a.*", "a.*", true), ("a.*", "a.>", false), ("a.>", "a.*", true),
        ("a.>", "a.>", true), ("a.>", "a", false), (">", "a.*.>", true), ("a.b", "a.*", false), ("*", ">", false),
        ("*.b", "a.b", true), ("*.b", "*.*", false), ("a.b.c", "a.b", false), ("a.b", "a.b.c", false),
    ])
    func covers(wider: String, pattern: String, expected: Bool) {
        #expect(Subject.covers(wider, pattern) == expected)
    }
}

struct HistoryTokenTests {
    @Test(arguments: [
        ("7", nil, 7), ("0", nil, 0), ("e1:7", "e1", 7), ("18446744073709551615", nil, UInt64.max),
    ] as [(String, String?, UInt64)])
    func reads(text: String, epoch: String?, sequence: UInt64) throws {
        let token = try #require(HistoryToken(text))
        #expect(token == HistoryToken(epoch: epoch, sequence: sequence))
        #expect(token.description == text)
    }

    @Test(arguments: ["", ":", "e:", ":7", "-1", "+1", " 7", "7 ", "1:2:3", "e-1:7", "18446744073709551616", "é:1"])
    func refuses(text: String) {
        #expect(HistoryToken(text) == nil)
    }
}
