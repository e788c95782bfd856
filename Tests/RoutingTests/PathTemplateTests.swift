import Routing
import Testing

@Suite struct PathTemplateTests {
    @Test(arguments: [
        ("/", [PathTemplate.Segment.literal("")]),
        ("/a", [.literal("a")]),
        ("/a/", [.literal("a"), .literal("")]),
        ("/api/add/sum", [.literal("api"), .literal("add"), .literal("sum")]),
        ("/users/{id}", [.literal("users"), .parameter("id")]),
        ("/users/{id}/", [.literal("users"), .parameter("id"), .literal("")]),
        ("/{a}/{_b2}", [.parameter("a"), .parameter("_b2")]),
        ("/{file...}", [.rest("file")]),
        ("/a/{rest...}", [.literal("a"), .rest("rest")]),
        ("/a%20b/c d/é", [.literal("a b"), .literal("c d"), .literal("é")]),
        ("/%C3%A9%2Fx%25%2A%7B", [.literal("é/x%*{")]),
        ("/.../a..b/:id", [.literal("..."), .literal("a..b"), .literal(":id")]),
    ])
    func reads(_ text: String, _ segments: [PathTemplate.Segment]) throws {
        let template = try PathTemplate(text)
        #expect(template.segments == segments)
        #expect(template.text == text)
        #expect(template.parameterNames == segments.compactMap(\.name))
    }

    @Test(arguments: [
        ("", 0, 0), ("a", 0, 1), ("example.com/x", 0, 13), ("{a}", 0, 3),
        ("//", 1, 1), ("/a//b", 3, 1), ("/é//b", 3, 1),
        ("/a?x=1", 2, 1), ("/a#b", 2, 1), ("/a/*", 3, 1), ("/a\nb", 2, 1), ("/\u{7F}", 1, 1),
        ("/{}", 1, 2), ("/{...}", 1, 5), ("/{1a}", 1, 4), ("/{a-b}", 1, 5), ("/{a b}", 1, 5), ("/{a..}", 1, 5),
        ("/{é}", 1, 3), ("/{a....}", 1, 7),
        ("/x{a}", 1, 4), ("/{a}x", 1, 4), ("/{a}{b}", 1, 6), ("/{a", 1, 2), ("/a}", 1, 2), ("/{{a}}", 1, 5),
        ("/{a}/b/{a}", 7, 3), ("/{a}/{a...}", 5, 6), ("/{a...}/b", 1, 6), ("/{a...}/", 1, 6),
        ("/100%", 1, 4), ("/%4", 1, 2), ("/%zz", 1, 3), ("/%FF", 1, 3),
        ("/a/./b", 3, 1), ("/a/..", 3, 2), ("/a/%2e%2E/b", 3, 6),
    ])
    func refuses(_ text: String, _ offset: Int, _ length: Int) throws {
        let error = try #require(throws: PathTemplateError.self) { try PathTemplate(text) }
        #expect((error.offset, error.length) == (offset, length), "\(error.message)")
        #expect(!error.message.isEmpty && error.hint != nil)
    }
}
