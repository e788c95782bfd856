import PluginKit
import SitePlugin
import Testing

@Suite("How site.files answers for a file")
struct SiteResponseTests {
    private static let changed = "Sun, 06 Nov 1994 08:49:37 GMT"
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("t.txt", "0123456789")
        try folder.write("empty.txt", "")
        try folder.write("large.bin", String(repeating: "x", count: 70_000))
    }

    @Test("Headers of a whole file")
    func headers() throws {
        for _ in 1...2 {
            let response = try site().answer(get("/t.txt"))
            #expect(response.headers["Content-Type"] == "text/plain; charset=utf-8")
            #expect(response.headers["X-Content-Type-Options"] == "nosniff")
            #expect(response.headers["Accept-Ranges"] == "bytes")
            #expect(response.headers["Last-Modified"] == Self.changed)
            #expect(response.headers["Cache-Control"] == "no-cache")
            let tag = try #require(response.headers["ETag"])
            #expect(tag.count > 8 && tag.first == "\"" && tag.last == "\"")
        }
    }

    @Test("Cache-Control", arguments: [(0, "no-cache"), (3_600, "max-age=3600")])
    func cacheControl(seconds: Int, value: String) throws {
        let response = try site(["cache": .duration(.seconds(seconds))]).answer(get("/t.txt"))
        #expect(response.headers["Cache-Control"] == value)
    }

    @Test(
        "Content types",
        arguments: [
            ("a.html", "text/html; charset=utf-8"), ("a.CSS", "text/css; charset=utf-8"),
            ("a.min.js", "text/javascript; charset=utf-8"),
            ("a.svg", "image/svg+xml"), ("a.woff2", "font/woff2"), ("a.wasm", "application/wasm"),
            ("a", "application/octet-stream"),
            ("a.x", "application/octet-stream"), ("d.html/a", "application/octet-stream"),
            ("a.", "application/octet-stream"),
        ])
    func contentType(name: String, type: String) throws {
        try folder.write(name, "x")
        #expect(try site().answer(get("/" + name)).headers["Content-Type"] == type)
    }

    @Test("The entity tag changes with time, size and file")
    func entityTag() throws {
        var tags: Set<String> = []
        func look() throws { tags.insert(try #require(site().answer(get("/t.txt")).headers["ETag"])) }
        try look()
        try look()
        #expect(tags.count == 1)
        try folder.touch("t.txt", changed: 800_000_000)
        try look()
        try folder.write("t.txt", "longer than before", changed: 800_000_000)
        try look()
        try folder.write("copy.txt", "longer than before", changed: 800_000_000)
        try folder.link("t.txt", to: "copy.txt")
        try look()
        #expect(tags.count == 4)
    }

    /// Field, value (`ETAG` stands for the file's), status.
    @Test(
        "Conditional requests",
        arguments: [
            ("If-None-Match", "ETAG", 304), ("If-None-Match", "W/ETAG", 304), ("If-None-Match", "*", 304),
            ("If-None-Match", "\"x\", ETAG ,\"y\"", 304), ("If-None-Match", "\"x\"", 200), ("If-None-Match", "", 200),
            ("If-Modified-Since", changed, 304), ("If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT", 200),
            ("If-Modified-Since", "Mon, 01 Jan 2024 00:00:00 GMT", 304),
            ("If-Modified-Since", "Sunday, 06-Nov-94 08:49:37 GMT", 304),
            ("If-Modified-Since", "Sun Nov  6 08:49:37 1994", 304),
            ("If-Modified-Since", "Sat Nov  5 08:49:37 1994", 200),
            ("If-Modified-Since", "yesterday", 200), ("If-Modified-Since", "", 200),
            ("If-Modified-Since", "Sun, 06 Nov 1994 24:49:37 GMT", 200),
            ("If-Modified-Since", "Sun, 06 Foo 2024 08:49:37 GMT", 200),
            ("If-Match", "ETAG", 200), ("If-Match", "*", 200), ("If-Match", "\"x\"", 412), ("If-Match", "W/ETAG", 412),
            ("If-Unmodified-Since", changed, 200), ("If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:36 GMT", 412),
        ])
    func conditional(field: String, value: String, status: Int) throws {
        let tag = try #require(site().answer(get("/t.txt")).headers["ETag"])
        let parts = value.split(separator: "ETAG", omittingEmptySubsequences: false)
        var headers = HeaderFields()
        headers.append(field, parts.joined(separator: tag))
        for method in [PluginKit.Method.get, .head] {
            let response = try site().answer(get("/t.txt", headers, method: method))
            #expect(response.status == status)
            if status == 304 {
                #expect(try response.bytes.isEmpty)
                #expect(response.headers == ["ETag": tag, "Last-Modified": Self.changed, "Cache-Control": "no-cache"])
            }
        }
    }

    @Test("If-None-Match goes before If-Modified-Since")
    func precedence() throws {
        let headers: HeaderFields = ["If-None-Match": "\"x\"", "If-Modified-Since": Self.changed]
        #expect(try site().answer(get("/t.txt", headers)).status == 200)
    }

    /// Range, status, body, Content-Range.
    @Test(
        "Ranges",
        arguments: [
            ("bytes=0-0", 206, "0", "bytes 0-0/10"), ("bytes=2-4", 206, "234", "bytes 2-4/10"),
            ("bytes=7-", 206, "789", "bytes 7-9/10"), ("bytes=7-99", 206, "789", "bytes 7-9/10"),
            ("bytes=-3", 206, "789", "bytes 7-9/10"), ("bytes=-99", 206, "0123456789", "bytes 0-9/10"),
            ("BYTES=1-1", 206, "1", "bytes 1-1/10"),
            ("bytes=0-99999999999999999999", 206, "0123456789", "bytes 0-9/10"),
            ("bytes=10-", 416, nil, "bytes */10"), ("bytes=-0", 416, nil, "bytes */10"),
            ("bytes=99999999999999999999-", 416, nil, "bytes */10"),
            ("bytes=4-2", 200, "0123456789", nil), ("bytes=0-1,3-4", 200, "0123456789", nil),
            ("bytes=", 200, "0123456789", nil),
            ("bytes=-", 200, "0123456789", nil), ("bytes=a-b", 200, "0123456789", nil),
            ("bytes=+1-2", 200, "0123456789", nil),
            ("bytes=1--2", 200, "0123456789", nil), ("lines=0-1", 200, "0123456789", nil),
            ("0-1", 200, "0123456789", nil),
            ("bytes=0-9223372036854775807", 206, "0123456789", "bytes 0-9/10"),
        ] as [(String, Int, String?, String?)])
    func range(range: String, status: Int, body: String?, contentRange: String?) throws {
        let response = try site().answer(get("/t.txt", ["Range": range]))
        #expect(response.status == status)
        if let body { #expect(try response.text == body) }
        #expect(response.headers["Content-Range"] == contentRange)
        #expect(try site().answer(get("/t.txt", ["Range": range], method: .head)).status == 200)
    }

    @Test(
        "If-Range",
        arguments: [
            ("ETAG", 206), (changed, 206), ("\"x\"", 200), ("W/ETAG", 200), ("Mon, 01 Jan 2024 00:00:00 GMT", 200),
        ])
    func ifRange(value: String, status: Int) throws {
        let tag = try #require(site().answer(get("/t.txt")).headers["ETag"])
        let value = value.split(separator: "ETAG", omittingEmptySubsequences: false).joined(separator: tag)
        #expect(try site().answer(get("/t.txt", ["Range": "bytes=0-1", "If-Range": value])).status == status)
    }

    @Test("An empty file")
    func empty() throws {
        #expect(try site().answer(get("/empty.txt")).text == "")
        #expect(try site().answer(get("/empty.txt", ["Range": "bytes=0-"])).status == 416)
    }

    @Test(
        "A large file is streamed from disk",
        arguments: [
            (nil, 0, 70_000), ("bytes=100-199", 100, 100), ("bytes=-1", 69_999, 1),
        ] as [(String?, Int64, Int64)])
    func large(range: String?, offset: Int64, count: Int64) throws {
        let response = try site().answer(get("/large.bin", range.map { ["Range": $0] } ?? [:]))
        guard case .file(let path, offset, count) = response.body else { throw Unexpected("\(response.body)") }
        #expect(path.hasSuffix("/large.bin"))
    }

    @Test("Other methods", arguments: [PluginKit.Method.post, .put, .delete, .options, .other("GETX")])
    func methods(method: PluginKit.Method) throws {
        let response = try site().answer(get("/t.txt", method: method))
        #expect(response.status == 405)
        #expect(response.headers["Allow"] == "GET, HEAD")
    }

    private func site(_ settings: [String: SettingValue] = [:]) throws -> any HTTPHandler {
        let settings = settings.merging(["root": .string(".")]) { $1 }
        return try Handlers.http("site.files", of: SitePlugin.self, settings, directory: folder.path)
    }
}
