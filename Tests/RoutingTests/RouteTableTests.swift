import Routing
import Testing

@Suite struct RouteTableTests {
    /// METHODS PATH, methods separated by commas, `*` for any.
    static func table(_ routes: [String]) throws -> RouteTable<String> {
        RouteTable(
            try routes.map { route in
                let parts = route.split(separator: " ", maxSplits: 1).map(String.init)
                let methods = parts[0] == "*" ? nil : parts[0].split(separator: ",").map(String.init)
                return (template: try PathTemplate(parts[1]), methods: methods, value: route)
            })
    }

    /// The winner with its parameters, `405 METHODS` or `404`.
    static func answer(_ table: RouteTable<String>, _ method: String, _ path: String) -> String {
        switch table.match(method: method, path: Array(path.utf8).span) {
        case .matched(let route, let parameters): ([route] + parameters.map { "<\($0)>" }).joined(separator: " ")
        case .methodNotAllowed(let allow): "405 " + allow.joined(separator: ",")
        case .notFound: "404"
        }
    }

    @Test(arguments: [
        ("/", "GET /"), ("/a", "GET /a"), ("/a/", "GET /a/"), ("/a/b", "GET /a/{x} <b>"), ("/a/c", "GET /a/c"),
        ("/a/b/", "404"), ("/a/b/c", "404"), ("/b", "404"), ("//", "404"), ("//a", "404"), ("/A", "404"),
        ("/f", "404"), ("/f/", "GET /f/{rest...} <>"), ("/f/x", "GET /f/{rest...} <x>"),
        ("/f/x/y/", "GET /f/{rest...} <x/y/>"), ("/f//", "GET /f/{rest...} </>"), ("/f//x", "GET /f/{rest...} </x>"),
        ("/u/1/posts/2", "GET /u/{id}/posts/{post} <1> <2>"), ("/u//posts/2", "404"), ("/u/1/posts/", "404"),
        ("/u/a%2Fb/posts/%zz", "GET /u/{id}/posts/{post} <a/b> <%zz>"),
        ("/u/%C3%A9/posts/%FF", "GET /u/{id}/posts/{post} <é> <\u{FFFD}>"),
        ("/u/%/posts/%4", "GET /u/{id}/posts/{post} <%> <%4>"),
        ("/%61", "GET /a"), ("/a/%63", "GET /a/c"), ("/a%2Fc", "404"), ("/a+b", "404"),
        ("/sp%20ace", "GET /sp ace"), ("/e%CC%81", "404"), ("/%C3%A9", "GET /é"), ("/é", "GET /é"),
        ("/enc/a%2Fb", "GET /enc/a%2fb"), ("/enc/a/b", "404"), ("/f/a%2f..%2Fb%00", "GET /f/{rest...} <a/../b\0>"),
        ("", "404"), ("*", "404"), ("a", "404"),
    ])
    func matchesPaths(_ path: String, _ expected: String) throws {
        let table = try Self.table([
            "GET /", "GET /a", "GET /a/", "GET /a/{x}", "GET /a/c", "GET /f/{rest...}", "GET /u/{id}/posts/{post}",
            "GET /sp ace", "GET /é", "GET /enc/a%2fb",
        ])
        #expect(Self.answer(table, "GET", path) == expected)
    }

    @Test(arguments: [
        ("/a/x/c", "GET /a/x/{r...} <c>"), ("/a/x", "GET /a/{p} <x>"), ("/a/y/c", "GET /a/{p}/c <y>"),
        ("/a/y/d", "GET /a/{r...} <y/d>"), ("/b/x/c", "GET /{p}/x/c <b>"), ("/b/y/c", "GET /{r...} <b/y/c>"),
        ("/a/", "GET /a/{r...} <>"), ("/a", "GET /{r...} <a>"), ("/", "GET /{r...} <>"),
        ("//x/c", "GET /{r...} </x/c>"),
    ])
    func prefersTheMostSpecificTemplate(_ path: String, _ expected: String) throws {
        let routes = [
            "GET /{r...}", "GET /a/{r...}", "GET /a/{p}", "GET /a/{p}/c", "GET /a/x/{r...}", "GET /{p}/x/c",
        ]
        #expect(Self.answer(try Self.table(routes), "GET", path) == expected)
        #expect(Self.answer(try Self.table(routes.reversed()), "GET", path) == expected)
    }

    @Test(arguments: [
        ("POST", "/s", "POST /s"), ("GET", "/s", "GET /{x} <s>"), ("HEAD", "/s", "GET /{x} <s>"),
        ("DELETE", "/s", "DELETE /{x...} <s>"), ("OPTIONS", "/s", "405 DELETE,GET,HEAD,OPTIONS,POST"),
        ("DELETE", "/t", "DELETE /{x...} <t>"), ("POST", "/t", "405 DELETE,GET,HEAD,OPTIONS"),
        ("post", "/s", "405 DELETE,GET,HEAD,OPTIONS,POST"), ("GET", "/u/v", "405 DELETE,OPTIONS"),
        ("HEAD", "/h/h", "HEAD /h/h"), ("GET", "/h/h", "GET /h/h"), ("OPTIONS", "/o/o", "OPTIONS,GET /o/o"),
        ("BREW", "/any/x", "* /any/{y} <x>"), ("OPTIONS", "/any/x", "* /any/{y} <x>"),
        ("GET", "/any/z", "* /any/{y} <z>"), ("POST", "/any/z", "POST /any/z"),
    ])
    func choosesByMethod(_ method: String, _ path: String, _ expected: String) throws {
        let table = try Self.table([
            "POST /s", "GET /{x}", "DELETE /{x...}", "GET /h/h", "HEAD /h/h", "OPTIONS,GET /o/o", "* /any/{y}",
            "POST /any/z",
        ])
        #expect(Self.answer(table, method, path) == expected)
    }

    @Test func listsAllowedMethods() throws {
        let table = try Self.table(["POST,PUT /a", "GET /{x}", "* /b", "POST /c"])
        #expect(table.allowedMethods(path: Array("/a".utf8).span) == ["GET", "HEAD", "OPTIONS", "POST", "PUT"])
        #expect(table.allowedMethods(path: Array("/b".utf8).span) == nil)
        #expect(table.allowedMethods(path: Array("/c/d".utf8).span) == [])
    }

    @Test func explainsEveryRoute() throws {
        let table = try Self.table([
            "GET /{r...}", "POST /a/b", "GET /a/{x}", "GET /a/c", "GET /a", "GET /a/b/c", "GET /a/{x}/",
        ])
        let explanation = table.explain(method: "GET", path: Array("/a/b".utf8).span)
        #expect(explanation.winner == 2)
        #expect(
            explanation.trials.map(\.outcome) == [
                .lessSpecific(than: 2), .methodDiffers, .won, .pathDiffers(segment: 1), .pathDiffers(segment: 1),
                .pathDiffers(segment: 2), .pathDiffers(segment: 2),
            ])
        let none = table.explain(method: "GET", path: Array("*".utf8).span)
        #expect(none.winner == nil)
        #expect(none.trials.allSatisfy { $0.outcome == .pathDiffers(segment: 0) })
    }

    @Test func findsConflicts() throws {
        let routes = [
            ("/a/{x}", ["GET"]), ("/a/{y}", ["POST"]), ("/a/{z}", ["PUT", "POST"]), ("/a/{z}", nil), ("/a/x", nil),
            ("/a/%78", ["GET"]), ("/a/{r...}", nil), ("/a/{s...}", nil), ("/é", nil), ("/e\u{301}", nil),
            ("/q", ["GET"]),
            ("/q", ["HEAD"]),
        ]
        let templates = try routes.map { (template: try PathTemplate($0.0), methods: $0.1) }
        let found = RouteConflict.all(in: templates)
        #expect(found.map { [$0.first, $0.second] } == [[1, 2], [0, 3], [4, 5], [6, 7]])
        #expect(found.map(\.methods) == [["POST"], ["GET"], ["GET"], nil])
    }
}
