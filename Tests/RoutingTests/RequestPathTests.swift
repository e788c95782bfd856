import Routing
import TestSupport
import Testing

@Suite struct RequestPathTests {
    @Test(arguments: [
        ("/a%20b", "/a b"), ("/%61%70i", "/api"), ("/a%2fb", "/a%2Fb"), ("/a%2Fb", "/a%2Fb"), ("/a%252Fb", "/a%2Fb"),
        ("/%2541", "/%41"), ("/a+b", "/a+b"), ("/100%", "/100%"), ("/%4", "/%4"), ("/%zz", "/%zz"), ("/%%41", "/%A"),
        ("/%%2f", "/%%2F"), ("/a;b=%3B", "/a;b=;"), ("//a/./..", "//a/./.."), ("", ""), ("%", "%"),
        ("/%C3%A9", "/é"),
    ])
    func decodesOnce(_ raw: String, _ expected: String) {
        let decoded = RequestPath.decodedForDispatch(Array(raw.utf8).span)
        #expect(String(decoding: decoded, as: UTF8.self) == expected)
    }

    @Test(arguments: [
        ("/a/./b", "/a/b"), ("/a/../b", "/b"), ("/a/%2e%2E/b", "/b"), ("/a/.%2e/b", "/b"), ("/a/%2e/b", "/a/b"),
        ("/a/.", "/a"), ("/a/..", "/"), ("/a/b/..", "/a"), ("/a/b/../", "/a/"), ("/.", "/"), ("/..", "/"),
        ("/../", "/"),
        ("/./", "/"), ("/../../x", "/x"), ("/a//../b", "/a/b"), ("/a//./b", "/a//b"), ("/a/../b//c", "/b//c"),
        ("/./a%2Fb", "/a%2Fb"), ("/./%7Euser", "/%7Euser"), ("/x/..//evil.com", "/evil.com"),
        ("/..//..//evil.com", "/evil.com"), ("/.//evil.com/..", "/"), ("/./\\evil.com", "/%5Cevil.com"),
        ("/./a\r\nSet-Cookie: x", "/a%0D%0ASet-Cookie:%20x"), ("/./a%0d%0ab", "/a%0d%0ab"), ("/./é", "/%C3%A9"),
        ("/./a%zz#", "/a%25zz%23"), ("/./https://evil.com", "/https://evil.com"),
    ])
    func redirectsToThePathWithoutDotSegments(_ raw: String, _ expected: String) {
        #expect(RequestPath.redirectTarget(rawPath: raw, query: nil) == expected)
    }

    @Test(arguments: [
        "/", "/a", "/a/", "//", "/a//b", "/...", "/a/.../b", "/.a", "/a.", "/a..b", "/%2e%2e%2e", "/.%2Fx", "/%2", "/%",
        "*", "", "/..;/x", "/%252e",
    ])
    func leavesNormalPathsAlone(_ raw: String) {
        #expect(isNormal(raw))
        #expect(RequestPath.redirectTarget(rawPath: raw, query: "q=/../") == nil)
    }

    @Test(arguments: [
        ("x=1&y=%20", "/?x=1&y=%20"), ("", "/?"), ("a[]={b}|c^`?/", "/?a[]={b}|c^`?/"),
        ("a\r\nb \"<>\\é#%", "/?a%0D%0Ab%20%22%3C%3E%5C%C3%A9%23%25"),
    ])
    func keepsTheQuery(_ query: String, _ expected: String) {
        #expect(RequestPath.redirectTarget(rawPath: "/.", query: query) == expected)
    }

    /// Against the definition: split the decoded path, drop `.`, let `..` pop, keep empty entries.
    @Test func agreesWithTheDefinition() {
        var random = SeededGenerator(seed: 7)
        let pieces = ["/", "/", "/", ".", "..", "%2e", "%2E", "a", "%2F", "%", "%41", "b"]
        for _ in 0..<6_000 {
            let raw = "/" + (0..<random.below(12)).map { _ in random.pick(pieces) }.joined()
            var kept: [String] = []
            let decoded = String(decoding: RequestPath.decodedForDispatch(Array(raw.utf8).span), as: UTF8.self)
            for entry in decoded.split(separator: "/", omittingEmptySubsequences: false).map(String.init) {
                switch entry {
                case ".": continue
                case "..": _ = kept.popLast()
                default: kept.append(entry)
                }
            }
            let expected = kept.joined(separator: "/")
            let target = RequestPath.redirectTarget(rawPath: raw, query: nil)
            var isRight = (target == nil) == (expected == decoded)
            if let target {
                let again = String(decoding: RequestPath.decodedForDispatch(Array(target.utf8).span), as: UTF8.self)
                isRight = isRight && again == "/" + expected.drop { $0 == "/" } && isNormal(target)
            }
            if !isRight { Issue.record("\(raw) to \(target ?? "nothing")") }
        }
    }

    private func isNormal(_ path: String) -> Bool {
        let bytes = Array(path.utf8)
        return RequestPath.isNormal(bytes.span)
    }
}
