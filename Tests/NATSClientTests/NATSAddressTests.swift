import NATSClient
import Testing

@Suite struct NATSAddressTests {
    @Test(arguments: [
        ("a", "a:4222"), ("a:1", "a:1"), ("10.0.0.1:65535", "10.0.0.1:65535"), ("[::1]:99", "[::1]:99"),
        ("[::1]", "[::1]:4222"),
    ])
    func reads(_ text: String, _ expected: String) {
        #expect(NATSServerAddress(text)?.description == expected)
    }

    @Test(arguments: [
        "", ":1", "a:", "a:0", "a:65536", "a:-1", "a:+1", "a:1:2", "::1", "[::1", "[::1]x", "[]:1", "a b", "a/b", "u@a",
        "a:99999999999999999999",
    ])
    func refuses(_ text: String) { #expect(NATSServerAddress(text) == nil) }

    @Test(arguments: [
        ("nats://h", "h:4222", nil as String?, nil as String?, nil as String?),
        ("h:1", "h:1", nil, nil, nil),
        ("nats:PASS@10.142.0.2:4222", "10.142.0.2:4222", "nats", "PASS", nil),
        ("nats://u:p%40%3aw@h:1/", "h:1", "u", "p@:w", nil),
        ("NATS://u:@h", "h:4222", "u", "", nil),
        ("nats://tok@h", "h:4222", nil, nil, "tok"),
        ("tls://h", "h:4222", nil, nil, nil),
        ("nats://u:p@a, nats://b:2 ,c", "a:4222 b:2 c:4222", "u", "p", nil),
        ("nats://u:p@a,u:p@b", "a:4222 b:4222", "u", "p", nil),
    ])
    func readsURLs(_ text: String, _ servers: String, _ user: String?, _ password: String?, _ token: String?) throws {
        let configuration = try NATSConfiguration(url: text)
        #expect(configuration.servers.map(\.description).joined(separator: " ") == servers)
        #expect(configuration.user == user)
        #expect(configuration.password == password)
        #expect(configuration.token == token)
        #expect((configuration.tls != nil) == text.hasPrefix("tls"))
    }

    @Test(arguments: [
        "", "a,", "tls://a,nats://b", "a,tls://b", "http://h", "nats://", "nats://:p@h", "nats://%zz@h", "u:p@a,u:q@b",
        "a/b",
    ])
    func refusesURLs(_ text: String) {
        let error = #expect(throws: NATSURLError.self) { try NATSConfiguration(url: text) }
        #expect(error?.description.contains("p@h") == false)
    }

    @Test func poolTakesTurnsAndLearns() {
        let (a, b) = (NATSServerAddress(host: "a"), NATSServerAddress(host: "b"))
        var pool = NATSServerPool([a, b], offset: 3)
        #expect([pool.next(), pool.next(), pool.next()] == [b, a, b])
        pool.learn(["b:4222", "c:1", "nonsense:::", "d:1", "c:1"], from: a)
        #expect(pool.servers.map(\.description) == ["a:4222", "b:4222", "c:1", "d:1"])
        #expect([pool.next(), pool.next(), pool.next()].map(\.host) == ["a", "b", "c"])
        // What is not told again is forgotten, even if it was next.
        pool.learn(["e:1"], from: b)
        #expect(pool.servers.map(\.host) == ["a", "b", "e"])
        #expect(Set((0..<3).map { _ in pool.next().host }) == ["a", "b", "e"])
        pool.learn([], from: b)
        #expect(pool.servers == [a, b])
    }

    /// A learned address may bear the name of the server that told of it, however often that is handed on.
    @Test func certificatesOfLearnedServers() {
        let (name, address) = (NATSServerAddress(host: "nats.example"), NATSServerAddress(host: "10.0.0.9"))
        var pool = NATSServerPool([name, address])
        let learned = NATSServerAddress(host: "10.0.0.1", port: 1)
        #expect(pool.certificateName(of: learned) == "10.0.0.1")
        pool.learn(["10.0.0.1:1", "other.example:1", "[::1]:1"], from: name)
        #expect(
            pool.servers.map(pool.certificateName) == [
                "nats.example", "10.0.0.9", "nats.example", "other.example", "nats.example",
            ])
        pool.learn(["10.0.0.1:1", "10.0.0.2:1"], from: learned)
        #expect(pool.certificateName(of: learned) == "nats.example")
        pool.learn(["10.0.0.1:1"], from: address)
        #expect(pool.certificateName(of: learned) == "10.0.0.9")
    }

    @Test func backoffDoublesUpToItsBound() {
        var backoff = NATSBackoff(.milliseconds(100)...(.seconds(5)))
        #expect(backoff.next(random: 0) == .milliseconds(50))
        #expect(backoff.next(random: 0) == .milliseconds(100))
        #expect(backoff.next(random: 0.5) == .milliseconds(300))
        for _ in 0..<100 { #expect(backoff.next() <= .seconds(5)) }
        #expect(backoff.next(random: 0) == .milliseconds(2500))
        backoff.reset()
        #expect(backoff.next(random: 0) == .milliseconds(50))
    }
}
