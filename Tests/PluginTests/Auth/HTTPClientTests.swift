import AuthPlugin
import NIOHTTP1
import NIOSSL
import PluginKit
import Testing

@Suite("The HTTP client", .timeLimit(.minutes(1))) struct HTTPClientTests {
    @Test(arguments: [
        ("http://localhost", false, "localhost", 80, "/", "localhost"),
        ("https://example.com/a/b?c=d", true, "example.com", 443, "/a/b?c=d", "example.com"),
        ("https://example.com?c", true, "example.com", 443, "/?c", "example.com"),
        ("http://127.0.0.1:8080/x", false, "127.0.0.1", 8080, "/x", "127.0.0.1:8080"),
        ("https://[::1]:9/", true, "::1", 9, "/", "[::1]:9"),
        ("http://[fe80::1]", false, "fe80::1", 80, "/", "[fe80::1]"),
    ])
    func endpoints(
        _ url: String, _ isSecure: Bool, _ host: String, _ port: Int, _ target: String, _ authority: String
    ) throws {
        let endpoint = try #require(HTTPEndpoint(url))
        #expect(endpoint.isSecure == isSecure && endpoint.host == host && endpoint.port == port)
        #expect(endpoint.target == target && endpoint.authority == authority)
    }

    @Test(arguments: [
        "", "example.com", "ftp://x/", "http://", "http:///x", "HTTP://x/", "http://x:0/", "http://x:65536/",
        "http://x:/",
        "http://x:+1/", "http://u@x/", "http://u:p@x/", "http://x/#f", "http://x/ y", "http://x/\r\nA: b",
        "http://[::1",
        "http://[]/", "http://[x]/", "http://[::1]x/", "http://x y/", "https://x:8a/",
    ])
    func noEndpoints(_ url: String) {
        #expect(HTTPEndpoint(url) == nil)
    }

    @Test(arguments: [
        ("localhost", true), ("127.0.0.1", true), ("127.1.2.3", true), ("[::1]", true),
        ("127.0.0.1.example.com", false),
        ("127.example.com", false), ("10.0.0.1", false), ("localhost.example.com", false), ("[::2]", false),
        ("127.0.0.1.1", false),
    ])
    func loopback(_ host: String, _ expected: Bool) throws {
        #expect(try #require(HTTPEndpoint("http://\(host)/")).isLoopback == expected)
    }

    private func client(_ url: String, authorities: String? = nil) throws -> HTTPClient {
        try HTTPClient(
            try #require(HTTPEndpoint(url)), authorities: authorities.map { Array($0.utf8) }, shared: SharedObjects())
    }

    private func get(
        _ client: HTTPClient, timeout: Duration = .seconds(20), sizeLimit: Int = 1024
    ) async throws -> HTTPAnswer {
        try await client.get([(name: "X-A", value: "b")], timeout: timeout, sizeLimit: sizeLimit)
    }

    @Test func asks() async throws {
        let server = try await TestServer { _ in .init(status: 203, body: "hello", isLate: true) }
        let answer = try await get(client(server.url("/path?query=1")))
        #expect(answer.status == 203)
        #expect(answer.body == Array("hello".utf8))
        #expect(answer.header("content-type") == "application/json")
        let request = try #require(server.requests.first)
        #expect(request.uri == "/path?query=1")
        #expect(request.headers["x-a"] == ["b"])
        #expect(request.headers["host"] == ["127.0.0.1:\(server.port)"])
        try await eventually { server.connections == 0 }
    }

    @Test func givesUp() async throws {
        let server = try await TestServer { _ in nil }
        let client = try client(server.url())
        await #expect(throws: Problem("no answer within 0.05 seconds")) {
            try await get(client, timeout: .milliseconds(50))
        }
        let task = Task { try await get(client) }
        try await eventually { server.requests.count == 2 }
        task.cancel()
        await #expect(throws: Problem("nobody waits for the answer any more")) { try await task.value }
        try await eventually { server.connections == 0 }
    }

    @Test func refusesWhatIsTooLarge() async throws {
        let server = try await TestServer { _ in .init(body: String(repeating: "x", count: 1025)) }
        await #expect(throws: Problem("the answer is larger than 1 KB")) { try await get(client(server.url())) }
        server.answer { _ in .init(body: String(repeating: "x", count: 1024)) }
        #expect(try await get(client(server.url())).body.count == 1024)
        server.answer { _ in .init(headers: [("X", String(repeating: "x", count: 100_000))]) }
        await #expect(throws: Problem.self) { try await get(client(server.url())) }
    }

    @Test func refusesHalfAnAnswer() async throws {
        let server = try await TestServer { _ in .init(body: "hell", isCut: true) }
        await #expect(throws: Problem.self) { try await get(client(server.url())) }
        try await server.stop()
        await #expect(throws: Problem.self) { try await get(client(server.url())) }
    }

    @Test func encrypted() async throws {
        let certificate = try TestCertificate()
        let server = try await TestServer(tls: certificate.tls) { _ in .init(body: "secret") }
        let trusting = try client(server.url(scheme: "https"), authorities: certificate.authority)
        #expect(try await get(trusting).body == Array("secret".utf8))
        let doubting = try client(server.url(scheme: "https"))
        await #expect(throws: Problem.self) { try await get(doubting) }
        let other = try client(server.url(scheme: "https"), authorities: try TestCertificate().authority)
        await #expect(throws: Problem.self) { try await get(other) }
        #expect(server.requests.count == 1)
    }

    @Test func certificatesOfOthersAreRefused() async throws {
        let certificate = try TestCertificate(address: [127, 0, 0, 2])
        let server = try await TestServer(tls: certificate.tls) { _ in .init(body: "secret") }
        let client = try client(server.url(scheme: "https"), authorities: certificate.authority)
        await #expect(throws: Problem.self) { try await get(client) }
        #expect(server.requests.isEmpty)
    }
}
