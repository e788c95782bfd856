import NATSClient
import TestSupport
import Testing

/// Links that fail in other ways than by ending.
@Suite(.serialized) struct NATSFaultTests {
    /// The link swallows everything in both directions, and nobody is told.
    @Test(arguments: [false, true])
    func blackholedLink(_ isSecure: Bool) async throws {
        let certificates = try Certificates.shared.get()
        let tls = "tls { cert_file: \"\(certificates.file("server"))\", key_file: \"\(certificates.key("server"))\" }"
        let server = try NATSServerProcess(configuration: isSecure ? tls : "")
        defer { server.stop() }
        let proxy = try await FaultyProxy.start(to: server.port)
        var configuration = quickConfiguration(ports: [proxy.port])
        configuration.pingInterval = .milliseconds(150)
        configuration.connectTimeout = .milliseconds(500)
        if isSecure {
            configuration.tls = NATSTLSConfiguration()
            configuration.tls?.authorityFile = certificates.file("ca")
        }
        try await withConnection(configuration) { connection in
            let (received, reasons) = (Collected<Int>(), Collected<String>())
            connection.onStateChange { if case .disconnected(let reason, _) = $0 { reasons.append(reason.label) } }
            _ = connection.subscribe(subject: "b") { received.append(Int($0.text) ?? -1) }
            #expect(await eventually { connection.isConnected })
            func publish(_ numbers: Range<Int>) async throws {
                for number in numbers {
                    #expect(connection.publish(subject: "b", payload: Array("\(number)".utf8)) == .accepted)
                    if number % 20 == 0 { try await Task.sleep(for: .milliseconds(5)) }
                }
            }
            try await publish(0..<100)
            try await connection.flush()
            #expect(connection.statistics.maybeLost == 0)
            proxy.swallow()
            try await publish(100..<200)
            #expect(await eventually { reasons.count > 0 })
            #expect(reasons.values.first == "stale")
            // What went into the hole is counted, the rest waits.
            try await publish(200..<300)
            let lost = Int(connection.statistics.maybeLost)
            #expect(1...200 ~= lost)
            proxy.swallow(false)
            #expect(await eventually { connection.isConnected })
            try await connection.flush()
            #expect(await eventually { received.values.last == 299 })
            #expect(received.values == Array(0..<100) + Array(100 + lost..<300))
            #expect(connection.statistics.maybeLost == UInt64(lost))
        }
        try await proxy.stop()
    }

    /// SIGSTOP for less than it takes to be given up: everything arrives in the end.
    @Test func frozenForSeconds() async throws {
        try await withServer { server, connection in
            let received = Collected<Int>()
            _ = connection.subscribe(subject: "z") { received.append(Int($0.text) ?? -1) }
            try await connection.flush()
            server.pause()
            for number in 0..<1000 {
                #expect(connection.publish(subject: "z", payload: Array("\(number)".utf8)) == .accepted)
                if number % 10 == 0 { try await Task.sleep(for: .milliseconds(30)) }
            }
            server.resume()
            try await connection.flush()
            #expect(received.values == Array(0..<1000))
            #expect(connection.statistics.reconnects == 0 && connection.statistics.maybeLost == 0)
        }
    }

    @Test func connectionsBeyondTheLimit() async throws {
        try await withServer("max_connections: 1") { server, first in
            try await withConnection(quickConfiguration(ports: [server.port])) { second in
                #expect(await eventually { second.reason != nil })
                guard case .serverError(let error)? = second.reason else {
                    Issue.record("\(second.state)")
                    return
                }
                #expect(error.kind == .limit && error.text == "maximum connections exceeded")
                await first.close()
                #expect(await eventually { second.isConnected })
            }
        }
    }

    /// A server that lowers its limit under a living link.
    @Test func smallerMessagesFromNowOn() async throws {
        let fake = try await FakeServer.start(greeting: "INFO {\"headers\":true,\"max_payload\":1000}\r\nPONG\r\n")
        var configuration = quickConfiguration(ports: [fake.port])
        configuration.drainTimeout = .milliseconds(20)
        try await withConnection(configuration) { connection in
            #expect(await eventually { connection.isConnected })
            let payload = [UInt8](repeating: 1, count: 800)
            #expect(connection.publish(subject: "a", payload: payload) == .accepted)
            fake.say("INFO {\"headers\":true,\"max_payload\":500}\r\n")
            #expect(
                await eventually {
                    if case .connected(let info) = connection.state { info.maxPayload == 500 } else { false }
                })
            #expect(connection.publish(subject: "a", payload: payload) == .refused(.tooLarge))
        }
        try await fake.stop()
    }
}
