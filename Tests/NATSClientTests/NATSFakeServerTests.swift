import NATSClient
import Testing

/// Servers that misbehave, or are none.
@Suite(.serialized) struct NATSFakeServerTests {
    private static let info = "INFO {\"headers\":true}\r\n"

    /// None of these servers ever says that it has everything, so closing need not wait for it.
    private func fakeConfiguration(_ server: FakeServer) -> NATSConfiguration {
        var configuration = quickConfiguration(ports: [server.port])
        configuration.drainTimeout = .milliseconds(20)
        return configuration
    }

    @Test(arguments: [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "protocolViolation"),
        ("INFO {broken\r\n", "protocolViolation"),
        ("INFO {\"headers\":true,\"tls_required\":true}\r\n", "handshakeTimeout"),
        ("INFO {\"headers\":true,\"tls_required\":true}\r\nPI", "tlsFailed"),
        ("INFO {\"headers\":true,\"tls_required\":true}\r\nPING\r\n", "tlsFailed"),
        ("INFO {\"max_payload\":1}\r\n", "protocolViolation"),
        ("-ERR 'maximum connections exceeded'\r\n", "serverError"),
        (info + "-ERR 'Authorization Violation'\r\n", "authenticationFailed"),
        (info + "MSG a 1 1\r\nx\r\n", "protocolViolation"),
        (String(repeating: "\u{0}", count: 100_000), "protocolViolation"),
        ("", "handshakeTimeout"),
        ("INFO {\"headers\":tr", "handshakeTimeout"),
        (info, "handshakeTimeout"),
    ])
    func leavesAndTriesAgain(_ greeting: String, _ expected: String) async throws {
        let fake = try await FakeServer.start(greeting: greeting)
        var configuration = fakeConfiguration(fake)
        configuration.connectTimeout = expected == "handshakeTimeout" ? .milliseconds(100) : .seconds(5)
        try await withConnection(configuration) { connection in
            #expect(await eventually { fake.accepted.count >= 3 })
            #expect(connection.reason?.label == expected)
            #expect(connection.statistics.reconnects == 0 && connection.statistics.maybeLost == 0)
        }
        try await fake.stop()
    }

    @Test func closedAtOnceIsTriedAgain() async throws {
        let fake = try await FakeServer.start(greeting: "", endsAfterGreeting: true)
        try await withConnection(fakeConfiguration(fake)) { connection in
            #expect(await eventually { fake.accepted.count >= 3 })
            // Who closes first decides whether it looks like an end or a reset.
            #expect(["closedByServer", "broken"].contains(connection.reason?.label))
        }
        try await fake.stop()
    }

    @Test func waitsGrowBetweenAttempts() async throws {
        let fake = try await FakeServer.start(greeting: "x\r\n")
        var configuration = fakeConfiguration(fake)
        configuration.reconnectWait = .milliseconds(20)...(.seconds(60))
        try await withConnection(configuration) { _ in
            try await Task.sleep(for: .milliseconds(700))
            // 20, 40, 80, 160, 320 ms, each halved at most.
            #expect(2...7 ~= fake.accepted.count)
        }
        try await fake.stop()
    }

    @Test(arguments: [
        ("garbage\r\n", "protocolViolation"),
        ("MSG a 1 99999999999\r\n", "protocolViolation"),
        ("MSG a 1 1\r\nxyz", "protocolViolation"),
        ("-ERR 'Slow Consumer'\r\n", "serverError"),
    ])
    func countsWhatItDoesNotKnow(_ words: String, _ expected: String) async throws {
        let fake = try await FakeServer.start(greeting: Self.info + "PONG\r\n")
        let reasons = Collected<String>()
        try await withConnection(fakeConfiguration(fake)) { connection in
            connection.onStateChange { if case .disconnected(let reason, _) = $0 { reasons.append(reason.label) } }
            #expect(await eventually { connection.isConnected })
            // This server never confirms anything.
            for _ in 0..<3 { #expect(connection.publish(subject: "p", payload: []) == .accepted) }
            #expect(await eventually { connection.statistics.waiting == 0 })
            let waiting = Task { try await connection.flush() }
            #expect(await eventually { fake.heard.hasSuffix("PUB p 0\r\n\r\nPING\r\n") })
            fake.say(words)
            await #expect(throws: NATSError.self) { try await waiting.value }
            #expect(await eventually { reasons.values.first == expected })
            #expect(connection.statistics.maybeLost == 3)
            #expect(await eventually { fake.accepted.count >= 2 && connection.isConnected })
            // Nothing is sent twice.
            #expect(fake.heard.split(separator: "\r\n").count { $0 == "PUB p 0" } == 3)
        }
        try await fake.stop()
    }

    @Test func answersPingsAndSeesConfirmations() async throws {
        let fake = try await FakeServer.start(greeting: Self.info + "PONG\r\n")
        var configuration = fakeConfiguration(fake)
        configuration.confirmInterval = .milliseconds(20)
        try await withConnection(configuration) { connection in
            #expect(await eventually { connection.isConnected })
            fake.say("PING\r\n")
            #expect(await eventually { fake.heard.hasSuffix("PONG\r\n") })
            #expect(connection.publish(subject: "p", payload: []) == .accepted)
            #expect(await eventually { fake.heard.hasSuffix("PUB p 0\r\n\r\nPING\r\n") })
            fake.say("PONG\r\nPONG\r\nPONG\r\n")
            try await Task.sleep(for: .milliseconds(100))
            // Confirmed: no further question, nothing lost.
            #expect(fake.heard.hasSuffix("PUB p 0\r\n\r\nPING\r\n"))
            fake.say("nonsense\r\n")
            #expect(await eventually { connection.statistics.reconnects == 1 })
            #expect(connection.statistics.maybeLost == 0)
        }
        try await fake.stop()
    }

    @Test func learnsServersFromTheCluster() async throws {
        let second = try await FakeServer.start(greeting: Self.info + "PONG\r\n")
        let info = "INFO {\"headers\":true,\"connect_urls\":[\"127.0.0.1:\(second.port)\"]}\r\n"
        let first = try await FakeServer.start(greeting: info + "PONG\r\n")
        try await withConnection(fakeConfiguration(first)) { connection in
            #expect(await eventually { connection.isConnected })
            let subscription = connection.subscribe(subject: "s.*", queue: "q") { _ in }
            #expect(await eventually { first.heard.hasSuffix("SUB s.* q 1\r\n") })
            try await first.stop()
            #expect(await eventually { second.heard.hasSuffix("SUB s.* q 1\r\n") })
            subscription.cancel()
            #expect(await eventually { second.heard.hasSuffix("UNSUB 1\r\n") })
        }
        try await second.stop()
    }

    /// Control lines that waited behind a stuck link belong to it; the publishes between them do not.
    @Test func nextLinkGetsNoStaleControlLines() async throws {
        let deaf = try await FakeServer.start(greeting: Self.info + "PONG\r\n", isDeaf: true)
        let second = try await FakeServer.start(greeting: Self.info + "PONG\r\n")
        var configuration = fakeConfiguration(deaf)
        configuration.servers.append(NATSServerAddress(host: "127.0.0.1", port: second.port))
        configuration.outageBufferSize = 1 << 20
        configuration.confirmInterval = .seconds(60)
        try await withConnection(configuration) { connection in
            #expect(await eventually { connection.isConnected })
            let filler = [UInt8](repeating: 0x78, count: 5000)
            // Until nothing moves: the sockets are full, and so is the buffer.
            for _ in 0..<20 {
                while connection.publish(subject: "p", payload: filler) == .accepted {}
                try await Task.sleep(for: .milliseconds(5))
            }
            let cancelled = connection.subscribe(subject: "cancelled") { _ in }
            let kept = connection.subscribe(subject: "kept") { _ in }
            cancelled.cancel()
            #expect(kept.isActive)
            let waiting = connection.statistics.waiting
            #expect(waiting > 0)
            let flush = Task { try await connection.flush() }
            try await Task.sleep(for: .milliseconds(20))
            try await deaf.stop()
            await #expect(throws: NATSError.self) { try await flush.value }
            #expect(await eventually { connection.statistics.waiting == 0 })
            #expect(connection.publish(subject: "end", payload: []) == .accepted)
            #expect(await eventually { second.heard.hasSuffix("PUB end 0\r\n\r\n") })
            let lines = second.heard.split(separator: "\r\n").filter { !$0.hasPrefix("xxx") }
            #expect(lines.dropFirst().prefix(3) == ["PING", "SUB kept 2", "PUB p 5000"])
            #expect(lines.count { $0 == "PUB p 5000" } == Int(waiting))
            #expect(lines.count == Int(waiting) + 4)
            #expect(connection.statistics.published == connection.statistics.maybeLost + waiting + 1)
        }
        try await second.stop()
    }
}
