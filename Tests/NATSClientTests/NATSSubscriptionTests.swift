import NATSClient
import TestSupport
import Testing

/// What subscriptions leave at the server, by its own count.
@Suite(.serialized) struct NATSSubscriptionTests {
    private static let accounts = """
        accounts { SYS: { users: [ { user: s, password: s } ] }, A: { users: [ { user: a, password: a } ] } }
        system_account: SYS
        """

    /// How many subscriptions the server has, of all its clients and its own.
    private func count(_ system: NATSConnection) async throws -> Int {
        let answers = Collected<String>()
        let subscription = system.subscribe(subject: "answer") { answers.append($0.text) }
        defer { subscription.cancel() }
        _ = system.publish(subject: "$SYS.REQ.SERVER.PING.SUBSZ", payload: [], reply: "answer")
        #expect(await eventually { answers.count > 0 })
        let text = try #require(answers.values.first)
        let key = try #require(text.firstRange(of: "\"num_subscriptions\":"))
        return try #require(Int(text[key.upperBound...].drop { $0 == " " }.prefix { $0.isNumber }))
    }

    @Test func leaveNothingAtTheServer() async throws {
        try await withServer(Self.accounts, change: { ($0.user, $0.password) = ("s", "s") }) { server, system in
            var configuration = quickConfiguration(ports: [server.port])
            (configuration.user, configuration.password) = ("a", "a")
            try await withConnection(configuration) { connection in
                #expect(await eventually { connection.isConnected })
                try await connection.flush()
                let before = try await count(system)
                let kept = (0..<10).map { number in connection.subscribe(subject: "kept.\(number)") { _ in } }
                for round in 0..<20 {
                    let made = (0..<100).map { number in
                        connection.subscribe(subject: "s.\(number)", queue: number % 3 == 0 ? "q" : nil) { _ in }
                    }
                    if round % 4 == 0 { try await connection.flush() }
                    if round % 5 == 0 { try await made[0].drain() }
                    for subscription in made { subscription.cancel() }
                }
                try await connection.flush()
                #expect(try await count(system) == before + 10)
                // Nor after links that come and go: 50 subscriptions die with their link, and are made again.
                server.kill()
                #expect(await eventually { connection.reason != nil })
                for subscription in kept { subscription.cancel() }
                try server.start()
                #expect(await eventually { connection.isConnected && system.isConnected })
                try await connection.flush()
                #expect(try await count(system) == before)
                #expect(connection.statistics.subscriptions == 0)
            }
        }
    }

    /// A drained subscription has everything that was published before, though it is not to be heard any more.
    @Test func drainDeliversWhatIsOnItsWay() async throws {
        try await withServer { server, connection in
            try await withConnection(quickConfiguration(ports: [server.port])) { publisher in
                #expect(await eventually { publisher.isConnected })
                let received = Collected<Int>()
                let subscription = connection.subscribe(subject: "d") { received.append(Int($0.text) ?? -1) }
                try await connection.flush()
                for number in 0..<20_000 {
                    #expect(publisher.publish(subject: "d", payload: Array("\(number)".utf8)) == .accepted)
                }
                try await publisher.flush()
                try await subscription.drain()
                let count = received.count
                #expect(received.values == Array(0..<20_000))
                #expect(!subscription.isActive && connection.statistics.subscriptions == 0)
                #expect(publisher.publish(subject: "d", payload: []) == .accepted)
                try await publisher.flush()
                try await connection.flush()
                #expect(received.count == count)
                try await subscription.drain()
            }
            server.stop()
            #expect(await eventually { connection.reason != nil })
            let late = connection.subscribe(subject: "d") { _ in }
            await #expect(throws: NATSError.disconnected) { try await late.drain() }
            #expect(!late.isActive && connection.statistics.subscriptions == 0)
        }
    }
}
