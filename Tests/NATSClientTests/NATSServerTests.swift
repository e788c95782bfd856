import NATSClient
import TestSupport
import Testing

/// Against a real nats-server.
@Suite(.serialized) struct NATSServerTests {
    @Test(arguments: [
        ("authorization { user: nats, password: \"p w\" }", "nats" as String?, "p w" as String?, nil as String?, true),
        ("authorization { user: nats, password: \"p w\" }", "nats", "wrong", nil, false),
        ("authorization { user: nats, password: \"p w\" }", nil, nil, nil, false),
        ("authorization { token: \"t'\\\"k\" }", nil, nil, "t'\"k", true),
        ("authorization { token: abc }", nil, nil, "abd", false),
        ("", "anybody", "x", nil, true),
    ])
    func authenticates(
        _ server: String, _ user: String?, _ password: String?, _ token: String?, _ isWelcome: Bool
    ) async throws {
        let server = try NATSServerProcess(configuration: server)
        defer { server.stop() }
        var configuration = quickConfiguration(ports: [server.port])
        (configuration.user, configuration.password, configuration.token) = (user, password, token)
        try await withConnection(configuration) { connection in
            if isWelcome {
                #expect(await eventually { connection.isConnected })
                try await connection.flush()
            } else {
                #expect(await eventually { connection.reason != nil })
                #expect(connection.reason == .authenticationFailed("Authorization Violation"))
                await #expect(throws: NATSError.disconnected) { try await connection.flush() }
            }
        }
    }

    @Test func deliversInOrderWithEverything() async throws {
        try await withServer { _, connection in
            let messages = Collected<NATSMessage>()
            let subscription = connection.subscribe(subject: "in.*") { messages.append($0) }
            #expect(subscription.refusal == nil && subscription.isActive)
            let binary = (0..<2000).map { UInt8(truncatingIfNeeded: $0) } + Array("\r\nMSG a 1 0\r\n".utf8)
            let headers = [("A", "1"), ("a", "two words"), ("A", ""), ("B", "Grüße: ja")]
            #expect(connection.publish(subject: "in.a", payload: binary) == .accepted)
            #expect(connection.publish(subject: "in.b", headers: headers, payload: binary, reply: "out") == .accepted)
            #expect(connection.publish(subject: "in.c", payload: []) == .accepted)
            #expect(connection.publish(subject: "other.a", payload: [1]) == .accepted)
            try await connection.flush()
            let received = messages.values
            try #require(received.count == 3)
            #expect(received.map(\.subject) == ["in.a", "in.b", "in.c"])
            #expect(received[0].payload == binary && received[0].headers.isEmpty && received[0].reply == nil)
            #expect(received[1].payload == binary && received[1].reply == "out")
            #expect(received[1].headers.map { "\($0)=\($1)" } == ["A=1", "a=two words", "A=", "B=Grüße: ja"])
            #expect(received[2].payload.isEmpty)
            let statistics = connection.statistics
            #expect(statistics.published == 4 && statistics.waiting == 0 && statistics.maybeLost == 0)
            #expect(statistics.received == 3)
        }
    }

    @Test func wildcardsQueuesAndEcho() async throws {
        try await withServer { server, connection in
            let (all, tail, first, second) = (
                Collected<String>(), Collected<String>(), Collected<String>(), Collected<String>()
            )
            _ = connection.subscribe(subject: ">") { all.append($0.subject) }
            _ = connection.subscribe(subject: "a.>") { tail.append($0.subject) }
            _ = connection.subscribe(subject: "a.*", queue: "workers") { first.append($0.subject) }
            _ = connection.subscribe(subject: "a.*", queue: "workers") { second.append($0.subject) }
            for number in 0..<200 { #expect(connection.publish(subject: "a.\(number)", payload: []) == .accepted) }
            #expect(connection.publish(subject: "a.b.c", payload: []) == .accepted)
            #expect(connection.publish(subject: "b", payload: []) == .accepted)
            try await connection.flush()
            #expect(all.count == 202 && tail.count == 201)
            #expect(first.count + second.count == 200)
            #expect(first.count > 0 && second.count > 0)
            #expect(tail.values == (0..<200).map { "a.\($0)" } + ["a.b.c"])

            var configuration = quickConfiguration(ports: [server.port])
            configuration.echo = false
            try await withConnection(configuration) { quiet in
                #expect(await eventually { quiet.isConnected })
                let own = Collected<String>()
                _ = quiet.subscribe(subject: "e") { own.append($0.text) }
                try await quiet.flush()
                #expect(quiet.publish(subject: "e", payload: Array("own".utf8)) == .accepted)
                try await quiet.flush()
                #expect(connection.publish(subject: "e", payload: Array("other".utf8)) == .accepted)
                try await connection.flush()
                try await quiet.flush()
                #expect(own.values == ["other"])
            }
        }
    }

    @Test func refusesWhatMustNotReachTheWire() async throws {
        try await withServer("max_payload: 1000") { _, connection in
            let everything = Collected<String>()
            _ = connection.subscribe(subject: ">") { everything.append($0.subject) }
            let big = [UInt8](repeating: 1, count: 1001)
            #expect(connection.publish(subject: "a", payload: big) == .refused(.tooLarge))
            // The header block takes 18 bytes.
            let beside = Array(big[..<983])
            #expect(connection.publish(subject: "a", headers: [("a", "b")], payload: beside) == .refused(.tooLarge))
            #expect(connection.publish(subject: "a", payload: Array(big[..<1000])) == .accepted)
            #expect(connection.publish(subject: "a.*", payload: []) == .refused(.badSubject))
            #expect(connection.publish(subject: "a\r\nPUB b 0", payload: []) == .refused(.badSubject))
            #expect(connection.publish(subject: "a", payload: [], reply: "b c") == .refused(.badSubject))
            let injected = [("x", "1\r\ny: 2")]
            #expect(connection.publish(subject: "a", headers: injected, payload: []) == .refused(.badHeader))
            #expect(connection.subscribe(subject: "a b") { _ in }.refusal == .badSubject)
            #expect(connection.subscribe(subject: "a", queue: "q q") { _ in }.refusal == .badSubject)
            try await connection.flush()
            #expect(everything.values == ["a"])
            #expect(connection.statistics.refused == 6 && connection.statistics.reconnects == 0)
            await connection.close()
            #expect(connection.publish(subject: "a", payload: []) == .refused(.closed))
            #expect(connection.subscribe(subject: "a") { _ in }.refusal == .closed)
            await #expect(throws: NATSError.closed) { try await connection.flush() }
        }
    }

    @Test func subscriptionsLeaveNothingBehind() async throws {
        try await withServer { _, connection in
            let received = Collected<String>()
            for round in 0..<20 {
                let subscriptions = (0..<100).map { number in
                    connection.subscribe(subject: "t.\(round).\(number)") { received.append($0.subject) }
                }
                if round == 10 { try await connection.flush() }
                for subscription in subscriptions { subscription.cancel() }
                for subscription in subscriptions { subscription.cancel() }
            }
            weak let gone = connection.subscribe(subject: "x") { _ in }
            gone?.cancel()
            #expect(gone == nil)
            let last = connection.subscribe(subject: "_last") { received.append($0.subject) }
            for round in 0..<20 { #expect(connection.publish(subject: "t.\(round).7", payload: []) == .accepted) }
            #expect(connection.publish(subject: "_last", payload: []) == .accepted)
            try await connection.flush()
            #expect(received.values == ["_last"])
            #expect(connection.statistics.subscriptions == 1)
            last.cancel()
            #expect(connection.statistics.subscriptions == 0)
        }
    }

    @Test func tellsWhatTheServerForbids() async throws {
        let rules = """
            authorization { users: [ { user: u, password: p, permissions: { publish: "ok.>", subscribe: "ok.>" } } ] }
            """
        try await withServer(rules, change: { ($0.user, $0.password) = ("u", "p") }) { _, connection in
            let errors = Collected<NATSServerError>()
            connection.onServerError { errors.append($0) }
            _ = connection.subscribe(subject: "secret") { _ in }
            #expect(connection.publish(subject: "secret", payload: []) == .accepted)
            try await connection.flush()
            #expect(errors.values.map(\.kind) == [.permissions, .permissions])
            #expect(connection.isConnected && connection.statistics.reconnects == 0)
        }
    }

    @Test func manyThreadsPublishEachInOrder() async throws {
        try await withServer { _, connection in
            let received = Collected<String>()
            _ = connection.subscribe(subject: "m") { received.append($0.text) }
            try await connection.flush()
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<4 {
                    group.addTask {
                        for number in 0..<5000 {
                            let result = connection.publish(subject: "m", payload: Array("\(task) \(number)".utf8))
                            #expect(result == .accepted)
                        }
                    }
                }
            }
            try await connection.flush()
            let values = received.values
            #expect(values.count == 20_000)
            for task in 0..<4 {
                let mine = values.filter { $0.hasPrefix("\(task) ") }
                #expect(mine == (0..<5000).map { "\(task) \($0)" })
            }
        }
    }

    @Test func closeSendsWhatWaits() async throws {
        try await withServer { server, listener in
            let received = Collected<String>()
            _ = listener.subscribe(subject: "d") { received.append($0.text) }
            try await listener.flush()
            try await withConnection(quickConfiguration(ports: [server.port])) { connection in
                // Much of it before there is a link at all.
                for number in 0..<5000 {
                    #expect(connection.publish(subject: "d", payload: Array("\(number)".utf8)) == .accepted)
                }
                async let other: Void = connection.close()
                await connection.close()
                await other
                #expect(connection.isClosed && connection.statistics.discarded == 0)
                #expect(connection.statistics.waiting == 0)
            }
            try await listener.flush()
            #expect(received.values == (0..<5000).map { "\($0)" })
        }
    }
}
