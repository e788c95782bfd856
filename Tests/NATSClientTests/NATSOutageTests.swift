import NATSClient
import TestSupport
import Testing

/// A real nats-server that goes away, freezes, or is not there yet.
@Suite(.serialized) struct NATSOutageTests {
    @Test func killedAndRestartedUnderTraffic() async throws {
        try await withServer { server, connection in
            let received = Collected<Int>()
            let states = Collected<String>()
            connection.onStateChange { state in
                switch state {
                case .connecting: states.append("connecting")
                case .connected: states.append("connected")
                case .disconnected: states.append("disconnected")
                case .closed: states.append("closed")
                }
            }
            _ = connection.subscribe(subject: "k.>") { received.append(Int($0.text) ?? -1) }
            try await connection.flush()
            let refused = Collected<Int>()
            let traffic = Task {
                for number in 0..<6000 {
                    if connection.publish(subject: "k.x", payload: Array("\(number)".utf8)) != .accepted {
                        refused.append(number)
                    }
                    if number % 10 == 0 { try await Task.sleep(for: .milliseconds(1)) }
                }
            }
            try await Task.sleep(for: .milliseconds(100))
            server.kill()
            #expect(await eventually { !connection.isConnected })
            let during = connection.subscribe(subject: "during") { _ in received.append(-2) }
            try await Task.sleep(for: .milliseconds(100))
            try server.start()
            try await traffic.value
            #expect(await eventually { connection.isConnected })
            try await connection.flush()
            #expect(connection.publish(subject: "during", payload: []) == .accepted)
            try await connection.flush()
            let values = received.values
            let lost = Set(0..<6000).subtracting(values)
            #expect(refused.count == 0)
            #expect(values.last == -2 && values.dropLast() == ArraySlice(values.dropLast().sorted()))
            #expect(Set(values).count == values.count, "nothing twice")
            #expect(values.count > 5000 && lost.count <= Int(connection.statistics.maybeLost))
            #expect(connection.statistics.reconnects == 1)
            #expect(states.values.first == "disconnected" && states.values.last == "connected")
            during.cancel()
            await connection.close()
            #expect(states.values.last == "closed")
        }
    }

    @Test func frozenServerIsLeftAndBufferIsBounded() async throws {
        try await withServer(change: {
            $0.pingInterval = .milliseconds(150)
            $0.connectTimeout = .milliseconds(200)
            $0.outageBufferSize = 1 << 20
        }) { server, connection in
            server.pause()
            let start = ContinuousClock.now
            var accepted = 0
            var result = NATSPublishResult.accepted
            let payload = [UInt8](repeating: 7, count: 10_000)
            while result == .accepted, accepted < 100_000 {
                result = connection.publish(subject: "f", payload: payload)
                if result == .accepted { accepted += 1 }
                if accepted % 16 == 0 { try await Task.sleep(for: .milliseconds(1)) }
            }
            #expect(result == .refused(.bufferFull))
            #expect(connection.statistics.waitingBytes <= 1 << 20)
            #expect(await eventually { !connection.isConnected })
            #expect(ContinuousClock.now - start < .seconds(4))
            #expect(connection.statistics.maybeLost > 0)
            #expect(await eventually { connection.reason == .handshakeTimeout })
            server.resume()
            #expect(await eventually { connection.isConnected })
            try await connection.flush()
            #expect(connection.statistics.waiting == 0)
        }
    }

    @Test func idleFrozenServerIsStale() async throws {
        try await withServer(change: {
            $0.pingInterval = .milliseconds(200)
            $0.connectTimeout = .seconds(5)
        }) { server, connection in
            let reasons = Collected<NATSDisconnectReason>()
            connection.onStateChange { if case .disconnected(let reason, _) = $0 { reasons.append(reason) } }
            // Alive: probes are answered.
            try await Task.sleep(for: .milliseconds(900))
            #expect(reasons.count == 0)
            server.pause()
            #expect(await eventually { reasons.count > 0 })
            #expect(reasons.values.first == .stale)
            await #expect(throws: NATSError.self) { try await connection.flush() }
            server.resume()
            #expect(await eventually { connection.isConnected })
        }
    }

    @Test func waitsForAServerThatIsNotThereYet() async throws {
        let server = try NATSServerProcess(configuration: "max_payload: 500")
        defer { server.stop() }
        server.stop()
        var configuration = quickConfiguration(ports: [server.port])
        configuration.outageBufferSize = 4000
        try await withConnection(configuration, start: false) { connection in
            let received = Collected<String>()
            _ = connection.subscribe(subject: "w") { received.append("\($0.payload.count)") }
            connection.start()
            connection.start()
            #expect(await eventually { connection.reason != nil })
            if case .unreachable = connection.reason {} else { Issue.record("\(connection.state)") }
            #expect(connection.publish(subject: "w", payload: [1]) == .accepted)
            // Larger than the server will take, as turns out later.
            #expect(connection.publish(subject: "w", payload: [UInt8](repeating: 1, count: 501)) == .accepted)
            #expect(connection.publish(subject: "w", payload: [UInt8](repeating: 1, count: 500)) == .accepted)
            let (much, tooMuch) = ([UInt8](repeating: 1, count: 3000), [UInt8](repeating: 1, count: (1 << 20) + 1))
            #expect(connection.publish(subject: "w", payload: much) == .refused(.bufferFull))
            #expect(connection.publish(subject: "w", payload: tooMuch) == .refused(.tooLarge))
            #expect(connection.statistics.waiting == 3)
            try server.start()
            #expect(await eventually { connection.isConnected })
            try await connection.flush()
            #expect(received.values == ["1", "500"])
            let statistics = connection.statistics
            #expect(statistics.discarded == 1 && statistics.reconnects == 0 && statistics.maybeLost == 0)
        }
    }

    /// A name with several addresses: not all of them answer.
    @Test func serverByName() async throws {
        let server = try NATSServerProcess()
        defer { server.stop() }
        var configuration = quickConfiguration(ports: [])
        configuration.servers = [NATSServerAddress(host: "localhost", port: server.port)]
        try await withConnection(configuration) { connection in
            #expect(await eventually { connection.isConnected })
            server.kill()
            #expect(await eventually { !connection.isConnected })
            try server.start()
            #expect(await eventually { connection.isConnected })
            try await Task.sleep(for: .milliseconds(300))
            try await connection.flush()
            #expect(connection.statistics.reconnects == 1)
        }
    }

    @Test func closeGivesUpInTime() async throws {
        let server = try NATSServerProcess()
        server.stop()
        var configuration = quickConfiguration(ports: [server.port])
        configuration.drainTimeout = .milliseconds(200)
        try await withConnection(configuration) { connection in
            let subscription = connection.subscribe(subject: "a") { _ in }
            #expect(connection.publish(subject: "a", payload: []) == .accepted)
            let start = ContinuousClock.now
            await connection.close()
            #expect(ContinuousClock.now - start < .seconds(1))
            #expect(connection.statistics.discarded == 1 && connection.statistics.subscriptions == 0)
            #expect(!subscription.isActive)
        }
    }

    @Test func secondServerTakesOver() async throws {
        let (first, second) = (try NATSServerProcess(), try NATSServerProcess())
        defer {
            first.stop()
            second.stop()
        }
        try await withConnection(quickConfiguration(ports: [first.port, second.port])) { connection in
            #expect(await eventually { connection.isConnected })
            let received = Collected<String>()
            _ = connection.subscribe(subject: "s") { received.append($0.text) }
            first.kill()
            #expect(await eventually { connection.statistics.reconnects == 1 && connection.isConnected })
            #expect(connection.publish(subject: "s", payload: Array("x".utf8)) == .accepted)
            try await connection.flush()
            #expect(received.values == ["x"])
        }
    }
}
