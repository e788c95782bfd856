import NATSClient
import TestSupport
import Testing

/// Against a real nats-server with JetStream, which meets with every misfortune.
@Suite(.serialized) struct NATSOrderedConsumerTests {
    private static func consume(
        _ jetStream: NATSJetStream, _ start: NATSStreamStart, filter: String? = nil
    ) throws -> (StreamEvents, NATSOrderedConsumer) {
        let events = StreamEvents()
        let consumer = try jetStream.orderedConsumer(
            stream: "S", filter: filter, start: start, idleHeartbeat: .milliseconds(200)
        ) { events.all.append($0) }
        return (events, consumer)
    }

    @Test(arguments: [
        (NATSStreamStart.all, nil as String?, "started 0", Array(1...12)), (.new, nil, "started 10", [11, 12]),
        (.sequence(8), nil, "started 7", Array(8...12)), (.sequence(0), "s.1", "started 0", [2, 5, 8, 11]),
        (.sequence(99), nil, "started 10", [11, 12]), (.last, nil, "started 9", [10, 11, 12]),
        (.last, "s.1", "started 7", [8, 11]), (.lastPerSubject, nil, "started 7", [8, 9, 10, 11, 12]),
        (.lastPerSubject, "s.none", "started 10", []),
        (.time(NATSTimestamp(nanoseconds: 0)), "s.2", "started 2", [3, 6, 9, 12]),
        (.time(NATSTimestamp(nanoseconds: 4_000_000_000_000_000_000)), nil, "started 10", [11, 12]),
    ])
    func begins(_ start: NATSStreamStart, _ filter: String?, _ started: String, _ expected: [Int]) async throws {
        try await withJetStream { _, jetStream in
            try await jetStream.makeStream()
            try await jetStream.fill(0..<10) { "s.\($0 % 3)" }
            let (events, consumer) = try Self.consume(jetStream, start, filter: filter)
            #expect(await eventually { events.words.count == 1 || expected.count > 2 && events.sequences.count > 0 })
            try await jetStream.fill(10..<12) { "s.\($0 % 3)" }
            #expect(await eventually { events.sequences.count >= expected.count })
            #expect(events.words == [started])
            #expect(events.sequences == expected.map(UInt64.init))
            consumer.cancel()
        }
    }

    @Test func outlivesKillAndFreeze() async throws {
        try await withJetStream(change: { $0.pingInterval = .milliseconds(300) }) { server, jetStream in
            try await jetStream.makeStream()
            let (events, consumer) = try Self.consume(jetStream, .new)
            #expect(await eventually { events.words == ["started 0"] })
            try await jetStream.fill(0..<100)
            #expect(await eventually { events.sequences.count == 100 })
            server.kill()
            #expect(await eventually { events.words.contains("stalled connectionLost") })
            try server.start()
            #expect(await eventually(within: .seconds(10)) { events.words.last == "resumed" })
            try await jetStream.fill(100..<200)
            #expect(await eventually { events.sequences.count == 200 })
            server.pause()
            try await Task.sleep(for: .seconds(2))
            server.resume()
            #expect(
                await eventually(within: .seconds(10)) {
                    jetStream.connection.isConnected && events.words.last == "resumed"
                })
            try await jetStream.fill(200..<300)
            #expect(await eventually { events.sequences.count == 300 })
            #expect(events.sequences == Array(1...300))
            consumer.cancel()
        }
    }

    @Test func tellsOfStreamsThatAreNotTheSame() async throws {
        try await withJetStream { _, jetStream in
            let (events, consumer) = try Self.consume(jetStream, .new)
            #expect(await eventually { events.words == ["stalled api"] })
            try await jetStream.makeStream()
            #expect(await eventually { events.words.last == "started 0" })
            try await jetStream.fill(0..<5)
            #expect(await eventually { events.sequences.count == 5 })
            // Gone for a while.
            try await jetStream.deleteStream("S")
            #expect(await eventually { events.words.contains("reset deleted") })
            try await jetStream.makeStream()
            try await jetStream.fill(0..<3)
            #expect(await eventually { events.sequences.count == 8 })
            // Gone for a moment.
            try await jetStream.deleteStream("S")
            try await jetStream.makeStream()
            try await jetStream.fill(0..<2)
            #expect(await eventually { events.sequences.count == 10 })
            #expect(events.sequences == [1, 2, 3, 4, 5, 1, 2, 3, 1, 2])
            #expect(
                events.words.filter { !$0.hasPrefix("stalled") }.map { $0 == "reset deleted" ? "reset" : $0 }
                    .map { $0 == "reset recreated" ? "reset" : $0 }
                    == ["started 0", "reset", "started 0", "reset", "started 0"])
            consumer.cancel()
        }
    }

    @Test func outlivesPurgesAndDeletedConsumers() async throws {
        try await withJetStream { _, jetStream in
            try await jetStream.makeStream()
            let (events, consumer) = try Self.consume(jetStream, .new)
            #expect(await eventually { events.words == ["started 0"] })
            try await jetStream.fill(0..<5)
            #expect(await eventually { events.sequences.count == 5 })
            // Purged behind a reader that is up to date: nothing is missed.
            try await jetStream.purgeStream("S")
            try await jetStream.fill(5..<8)
            #expect(await eventually { events.sequences.count == 8 })
            #expect(events.words == ["started 0"])
            // All consumers gone, unseen: the reader finds out by itself.
            let names = try await jetStream.connection.request(
                subject: "$JS.API.CONSUMER.NAMES.S", payload: Array("{}".utf8)
            ).payload
            for name in NATSJSON.parse(names.span)?["consumers"]?.array ?? [] {
                try await jetStream.deleteConsumer(try #require(name.string), stream: "S")
            }
            #expect(try await jetStream.stream("S").consumers == 0)
            try await jetStream.fill(8..<12)
            #expect(await eventually { events.sequences.count == 12 })
            // Unseen.
            #expect(events.words == ["started 0"] && events.sequences == Array(1...12))
            consumer.cancel()
        }
    }

    @Test func messagesGoneDuringAnOutageAreTold() async throws {
        try await withJetStream { server, direct in
            try await direct.makeStream()
            let proxy = try await CuttingProxy.start(to: server.port)
            try await withConnection(quickConfiguration(ports: [proxy.port])) { connection in
                #expect(await eventually { connection.isConnected })
                let (events, consumer) = try Self.consume(NATSJetStream(connection, timeout: .seconds(1)), .new)
                #expect(await eventually { events.words.last == "started 0" })
                try await direct.fill(0..<5)
                #expect(await eventually { events.sequences.count == 5 })
                proxy.refuses = true
                proxy.cut()
                // Else what comes next may still cross.
                #expect(await eventually { !connection.isConnected })
                try await direct.fill(5..<10)
                try await direct.purgeStream("S", below: 9)
                proxy.refuses = false
                #expect(await eventually { events.sequences.count == 7 })
                #expect(events.sequences == [1, 2, 3, 4, 5, 9, 10])
                #expect(events.words == ["started 0", "stalled connectionLost", "skipped 6-8", "resumed"])
                consumer.cancel()
            }
            try await proxy.stop()
        }
    }

    @Test func aCutLinkLosesAndDoublesNothing() async throws {
        try await withJetStream { server, direct in
            try await direct.makeStream()
            let proxy = try await CuttingProxy.start(to: server.port)
            try await withConnection(quickConfiguration(ports: [proxy.port])) { connection in
                let jetStream = NATSJetStream(connection, timeout: .seconds(1))
                let (events, consumer) = try Self.consume(jetStream, .all)
                let cutting = Task {
                    while !Task.isCancelled {
                        try await Task.sleep(for: .milliseconds(60))
                        proxy.cut()
                    }
                }
                for start in stride(from: 0, to: 10_000, by: 100) {
                    try await direct.fill(start..<start + 100)
                    try await Task.sleep(for: .milliseconds(10))
                }
                cutting.cancel()
                #expect(await eventually(within: .seconds(10)) { events.sequences.count >= 10_000 })
                let numbers = events.all.values.compactMap {
                    if case .message(let message) = $0 { Int(message.text) } else { nil }
                }
                #expect(events.sequences == Array(1...10_000) && numbers == Array(0..<10_000))
                #expect(connection.statistics.reconnects > 3)
                consumer.cancel()
            }
            try await proxy.stop()
        }
    }
}
