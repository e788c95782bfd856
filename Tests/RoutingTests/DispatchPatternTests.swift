import Routing
import Testing

@Suite struct DispatchPatternTests {
    @Test(arguments: [
        ("*/*", DispatchPattern.HostPattern.any, DispatchPattern.PathPattern.prefix("/")),
        ("*/", .any, .exact("/")),
        ("*/foo", .any, .exact("/foo")),
        ("*/foo*", .any, .prefix("/foo")),
        ("*//x", .any, .exact("//x")),
        ("localhost/x", .exact("localhost"), .exact("/x")),
        ("7/x", .exact("7"), .exact("/x")),
        ("a.b-c.d/x", .exact("a.b-c.d"), .exact("/x")),
        ("xn--caf-dma.com/x", .exact("xn--caf-dma.com"), .exact("/x")),
        ("a--b.com/x", .exact("a--b.com"), .exact("/x")),
        ("999.1.1.1/x", .exact("999.1.1.1"), .exact("/x")),
        ("256.1.1.1/x", .exact("256.1.1.1"), .exact("/x")),
        ("1.2.3/x", .exact("1.2.3"), .exact("/x")),
        ("1.2.3.4.5/x", .exact("1.2.3.4.5"), .exact("/x")),
        ("1.2.3.a/x", .exact("1.2.3.a"), .exact("/x")),
        ("*.example.com/*", .suffix(".example.com"), .prefix("/")),
        ("*foo.com/*", .suffix("foo.com"), .prefix("/")),
        ("*-a/x", .suffix("-a"), .exact("/x")),
        ("*-a.b-c.d/x", .suffix("-a.b-c.d"), .exact("/x")),
        ("*.0.0.1/x", .suffix(".0.0.1"), .exact("/x")),
        ("*127.0.0.1/x", .suffix("127.0.0.1"), .exact("/x")),
        ("*/a b?c.d+(e)[f]$%41é", .any, .exact("/a b?c.d+(e)[f]$%41é")),
    ])
    func reads(_ text: String, _ host: DispatchPattern.HostPattern, _ path: DispatchPattern.PathPattern) throws {
        let pattern = try DispatchPattern(text)
        #expect(pattern.host == host)
        #expect(pattern.path == path)
        #expect(pattern.text == text)
    }

    @Test(arguments: [
        ("", DispatchPatternError.Kind.urlShape, 0, 0),
        ("example.com", .urlShape, 0, 11),
        ("*", .urlShape, 0, 1),
        ("/", .urlShape, 0, 1),
        ("/x", .urlShape, 0, 2),
        ("*/a\nb", .urlShape, 3, 1),
        ("http://example.com/x", .host, 4, 1),
        ("*:8080/x", .host, 1, 1),
        ("example.com:80/x", .host, 11, 1),
        ("[::1]/x", .host, 0, 1),
        ("me@example.com/x", .host, 2, 1),
        ("Example.com/x", .host, 0, 1),
        ("a_b.com/x", .host, 1, 1),
        ("a b.com/x", .host, 1, 1),
        ("**/x", .host, 1, 1),
        ("a*/x", .host, 1, 1),
        ("*a*/x", .host, 2, 1),
        ("example.*/x", .host, 8, 1),
        ("*.*.com/x", .host, 2, 1),
        (".example.com/x", .host, 0, 1),
        ("example.com./x", .host, 11, 1),
        ("a..b/x", .host, 1, 1),
        ("*./x", .host, 1, 1),
        ("*../x", .host, 1, 1),
        ("*..com/x", .host, 1, 1),
        ("./x", .host, 0, 1),
        ("-a.com/x", .host, 0, 1),
        ("a-.com/x", .host, 1, 1),
        ("a.-b/x", .host, 2, 1),
        ("a.b-/x", .host, 3, 1),
        ("*-/x", .host, 1, 1),
        ("*a-/x", .host, 2, 1),
        ("*a.-b/x", .host, 3, 1),
        ("*.-b/x", .host, 2, 1),
        ("café.com/x", .host, 3, 1),
        ("127.0.0.1/x", .hostIPv4, 0, 9),
        ("000.001.010.255/*", .hostIPv4, 0, 15),
        ("*/a/*/b", .starInPath, 4, 1),
        ("*/a**", .starInPath, 3, 1),
        ("*/*a", .starInPath, 2, 1),
    ])
    func refuses(_ text: String, _ kind: DispatchPatternError.Kind, _ offset: Int, _ length: Int) throws {
        let error = try #require(throws: DispatchPatternError.self) { try DispatchPattern(text) }
        #expect(error.kind == kind)
        #expect(error.offset == offset)
        #expect(error.length == length)
        #expect(!error.message.isEmpty && error.hint != nil)
    }

    @Test func countsHostAndPathTogether() throws {
        let longest = "*/" + String(repeating: "é", count: 98)
        #expect(try DispatchPattern(longest).text == longest)
        let error = try #require(throws: DispatchPatternError.self) { try DispatchPattern(longest + "xy") }
        #expect(error.kind == .patternTooLong)
        #expect((error.offset, error.length) == (100, 2))
        #expect(throws: DispatchPatternError.self) { try DispatchPattern(longest + "*") }
    }

    @Test(arguments: [
        ("*/foo//*", "*", "/foo/*"), ("*/foo///*", "*", "/foo/*"), ("*//*", "*", "/*"), ("*/*", "*", "/*"),
        ("*/foo*", "*", "/foo*"), ("*//foo*", "*", "//foo*"), ("*.a.com/foo//", "*.a.com", "/foo//"),
        ("a.com/x/*", "a.com", "/x/*"),
    ])
    func collapsesSlashesBeforeAStarForTheAdminAPI(_ text: String, _ domain: String, _ path: String) throws {
        #expect(try DispatchPattern(text).adminRule == (domain, path))
    }

    @Test(arguments: [
        ("a", true), ("7", true), ("123", true), ("a-b", true), ("a--b", true), ("a-dot-b", true),
        (String(repeating: "x", count: 63), true), (String(repeating: "x", count: 64), false),
        ("", false), ("-a", false), ("a-", false), ("-", false), ("A", false), ("a_b", false), ("a.b", false),
        ("*", false), ("a b", false), ("é", false), ("a\n", false),
    ])
    func checksServiceNames(_ name: String, _ isValid: Bool) {
        #expect((ServiceName.problem(name) == nil) == isValid)
    }

    @Test(arguments: [
        ("v1", true), ("20200101t1", true), ("v-1", true), ("a-dot-b", false), ("ah-builtin", false),
        ("ah-builtin-x", false), ("ah-built", true), ("V1", false), ("", false),
    ])
    func checksVersionNames(_ name: String, _ isValid: Bool) {
        #expect((VersionName.problem(name) == nil) == isValid)
    }

    @Test(
        arguments: [
            (["*/a*", "*/a/b"], [1: 0]),
            (["*/a*", "x.com/a/*"], [1: 0]),
            (["*/*", "*/a", "x.com/*"], [1: 0, 2: 0]),
            (["*/a", "*/a"], [1: 0]),
            (["*/a*", "*/a*"], [1: 0]),
            (["*.com/*", "*.x.com/a", "x.com/a", "com/a"], [1: 0, 2: 0]),
            (["*/a", "*/a*", "*/a/"], [2: 1]),
            (["x.com/*", "*/a", "*.x.com/*"], [:]),
            (["*/a/*", "*/a"], [:]),
            (["*/e*", "*/e\u{301}*"], [1: 0]),
            (
                ["*/_ah/*", "*/_ah/x", "*/_ah/api", "*/_ah/ap*", "*/_ah/warm*", "*/_ah", "*/_a*"],
                [1: -1, 2: 0, 3: 0, 4: -1]
            ),
        ] as [([String], [Int: Int])])
    func findsRulesThatNeverMatch(_ patterns: [String], _ expected: [Int: Int]) throws {
        let rules = try patterns.map { DispatchRule(pattern: try DispatchPattern($0), service: "a") }
        let found = DispatchRule.unreachableRules(rules).map { ($0.rule, $0.coveredBy ?? -1) }
        #expect(Dictionary(uniqueKeysWithValues: found) == expected)
    }
}
