import PluginKit
import SitePlugin
import Testing

@Suite("Which file site.files serves")
struct SiteTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("public/index.html", "home")
        try folder.write("public/app.js", "code")
        try folder.write("public/a b/ü.txt", "spaced")
        try folder.write("public/docs/index.html", "docs")
        try folder.write("public/empty/other.txt", "other")
        try folder.write("public/.env", "secret")
        try folder.write("public/.git/config", "secret")
        try folder.write("public/.well-known/security.txt", "contact")
        try folder.write("secret.txt", "secret")
        try folder.write("public-secret/x.txt", "secret")
        try folder.link("public/inside.js", to: "app.js")
        try folder.link("public/handbook", to: "docs")
        try folder.link("public/outside.txt", to: "../secret.txt")
        try folder.link("public/outside", to: "../public-secret")
        try folder.link("public/absolute", to: "/")
        try folder.link("public/loop", to: "loop")
        try folder.pipe("public/pipe")
    }

    /// Rest parameter, body or nil for a 404.
    @Test(
        "By parameter",
        arguments: [
            ("", "home"), ("index.html", "home"), ("app.js", "code"), ("a b/ü.txt", "spaced"), ("docs/", "docs"),
            ("docs/index.html", "docs"), ("inside.js", "code"), ("handbook/", "docs"),
            (".well-known/security.txt", "contact"),
            ("none.txt", nil), ("none/", nil), ("app.js/", nil), ("app.js/x", nil), ("empty/", nil),
            (".env", nil), (".git/config", nil), (".", nil), ("./app.js", nil), ("docs/.", nil),
            ("..", nil), ("../secret.txt", nil), ("docs/../../secret.txt", nil), ("../public-secret/x.txt", nil),
            ("/etc/passwd", nil), ("//etc/passwd", nil), ("docs//index.html", nil), ("docs//", nil), ("/", nil),
            ("app.js\0", nil), ("app.js\0.html", nil), ("..\\secret.txt", nil), ("...", nil),
            ("outside.txt", nil), ("outside/x.txt", nil), ("outside/", nil), ("outside", nil),
            ("absolute/etc/passwd", nil),
            ("loop", nil), ("pipe", nil), (String(repeating: "x", count: 300), nil),
            (String(repeating: "docs/", count: 2_000), nil),
        ] as [(String, String?)])
    func parameter(file: String, body: String?) throws {
        let handler = try site()
        let head = RequestHead(method: .get, target: "/any/", host: "localhost")
        let request = Request(head: head, parameters: Parameters(names: ["rest"], values: [file]))
        // Twice: the second answer may come from memory.
        for _ in 1...2 {
            let response = try handler.answer(request)
            #expect(response.status == (body == nil ? 404 : 200))
            if let body { #expect(try response.text == body) }
        }
    }

    @Test(
        "By path, where the route has no parameter",
        arguments: [
            ("/", 200), ("/app.js", 200), ("/app.js?x=1", 200), ("/a%20b/%C3%BC.txt", 200), ("/a%20b/%c3%bc.txt", 200),
            ("/%2e%2e/secret.txt", 404), ("/..%2fsecret.txt", 404), ("/%2Fetc/passwd", 404), ("/app.js%00", 404),
            ("/%2eenv", 404), ("/app.js%", 404), ("/app.js%2", 404), ("/app.js%zz", 404),
            ("/%252e%252e/secret.txt", 404),
            ("//app.js", 404), ("*", 404), ("", 404),
        ])
    func path(target: String, status: Int) throws {
        #expect(try site().answer(get(target)).status == status)
    }

    @Test("The parameter `file` goes before others")
    func nameOfParameter() throws {
        let parameters = Parameters(names: ["file", "version"], values: ["app.js", "7"])
        let head = RequestHead(method: .get, target: "/files/app.js/7", host: "localhost")
        #expect(try site().answer(Request(head: head, parameters: parameters)).text == "code")
    }

    @Test(
        "A folder without its slash redirects",
        arguments: [
            ("/docs", "docs", "/docs/"), ("/m/docs?q=1&r=/", "docs", "/m/docs/?q=1&r=/"), ("/m", "", "/m/"),
            ("/handbook", "handbook", "/handbook/"), ("//docs", "docs", "/docs/"), ("/%64ocs", "docs", "/%64ocs/"),
        ])
    func redirect(target: String, file: String, location: String) throws {
        let head = RequestHead(method: .get, target: target, host: "localhost")
        let response = try site().answer(Request(head: head, parameters: Parameters(names: ["f"], values: [file])))
        #expect(response.status == 308)
        #expect(response.headers["Location"] == location)
    }

    @Test("A changed file, and a link that leads elsewhere, show at once")
    func changes() throws {
        let handler = try site()
        #expect(try handler.answer(get("/app.js")).text == "code")
        try folder.write("public/app.js", "CODE", changed: 800_000_000)
        #expect(try handler.answer(get("/app.js")).text == "CODE")
        #expect(try handler.answer(get("/inside.js")).text == "CODE")
        try folder.link("public/inside.js", to: "docs/index.html")
        #expect(try handler.answer(get("/inside.js")).text == "docs")
        try folder.link("public/inside.js", to: "../secret.txt")
        #expect(try handler.answer(get("/inside.js")).status == 404)
    }

    @Test("The root itself may be a link, and may be turned to another release")
    func linkedRoot() throws {
        try folder.link("current", to: "public")
        let handler = try site(["root": .string("current")])
        #expect(try handler.answer(get("/app.js")).text == "code")
        try folder.write("next/app.js", "next")
        try folder.link("current", to: "next")
        #expect(try handler.answer(get("/app.js")).text == "next")
    }

    @Test(
        "The fallback answers paths without extension that lead nowhere",
        arguments: [
            ("/users/7", 200), ("/none/", 200), ("/none.js", 404), ("/users/7.txt", 404), ("/../x", 404),
            ("/.env", 404),
        ])
    func fallback(target: String, status: Int) throws {
        let response = try site(["fallback": .string("docs/index.html")]).answer(get(target))
        #expect(response.status == status)
        if status == 200 { #expect(try response.text == "docs") }
    }

    @Test(
        "Settings that cannot work are refused at load",
        arguments: [
            (["root": .string("none")], "root"), (["root": .string("secret.txt")], "root"),
            (["index": .string("")], "index"), (["index": .string("../secret.txt")], "index"),
            (["index": .string(".env")], "index"), (["fallback": .string("none.html")], "fallback"),
            (["fallback": .string("../secret.txt")], "fallback"), (["fallback": .string("docs")], "fallback"),
            (["fallback": .string("outside.txt")], "fallback"),
        ] as [([String: SettingValue], String)])
    func badSettings(settings: [String: SettingValue], key: String) throws {
        let error = #expect(throws: SettingError.self) { try site(settings) }
        #expect(error?.path == [key])
    }

    private func site(_ settings: [String: SettingValue] = [:]) throws -> any HTTPHandler {
        let settings = ["root": .string("public")].merging(settings) { $1 }
        return try Handlers.http("site.files", of: SitePlugin.self, settings, directory: folder.path)
    }
}

func get(_ target: String, _ headers: HeaderFields = [:], method: PluginKit.Method = .get) -> Request {
    Request(head: RequestHead(method: method, target: target, host: "localhost", headers: headers))
}
