import Foundation
import Gateway
import NATSClient
import PluginKit
import TestSupport
import Testing

/// Real faults: what was stored is read once and in order, or its loss is told.
@Suite(.serialized) struct NATSHistoryFaultTests {
    /// Two gateways on some servers: one reads, the other writes.
    private func withPair(
        _ servers: [NATSServerProcess], ping: Duration = .seconds(10),
        _ body: (_ reader: NATSBus, _ writer: NATSBus) async throws -> Void
    ) async throws {
        try await withBus(on: servers, change: { $0.pingInterval = ping }) { reader in
            try await withBus(on: servers.reversed(), change: { $0.pingInterval = ping }) { writer in
                try await body(reader, writer)
            }
        }
    }

    private func history(_ bus: NATSBus, messages: Int? = nil) async throws -> any History {
        let history = bus.history(HistoryConfiguration(stream: "S", subjects: ["room.*"], messages: messages))
        try await history.open()
        return history
    }

    /// Everything that was stored came to a follower once and in order, and can be read so.
    private func nothingIsMissing(
        _ traffic: Traffic, _ followers: [(subject: String, follower: Follower)], _ history: any History
    ) async throws {
        await traffic.stop()
        let receipts = traffic.receipts
        let last = receipts.last?.token.sequence ?? 0
        #expect(receipts.map(\.number) == Array(0..<receipts.count) && receipts.count > 50)
        let reader = try await eventuallySucceeds {
            try await history.reader("room.*", from: .after(HistoryToken(sequence: 0)))
        }
        var kept: [BusMessage] = []
        while (kept.last?.sequence ?? 0) < last {
            let batch = try await eventuallySucceeds { try await reader.next(500) }
            #expect(!batch.hasGap)
            kept += batch.messages
        }
        reader.close()
        #expect(kept.map(\.sequence) == Array(1...UInt64(kept.count)))
        for receipt in receipts { try #require(kept[Int(receipt.token.sequence) - 1].text == "\(receipt.number)") }
        for (subject, follower) in followers {
            let expected = kept.filter { Subject.matches(subject, $0.subject) }
            #expect(await eventually(within: .seconds(30)) { follower.sequences.count >= expected.count })
            #expect(follower.isInOrder && follower.losses == [], "\(subject): \(follower.losses)")
            let isEqual = follower.sequences == expected.map(\.sequence)
            #expect(isEqual, "\(subject): \(follower.sequences.count) of \(expected.count)")
            #expect(zip(follower.messages, expected).allSatisfy { $0.text == $1.text })
        }
    }

    private func follow(_ history: any History, _ subjects: String...) async -> [(subject: String, follower: Follower)]
    {
        let followers = subjects.map { ($0, Follower(history, $0)) }
        for (_, follower) in followers { #expect(await follower.hasStarted()) }
        return followers
    }

    @Test func killedAndRestartedUnderTraffic() async throws {
        try await withNATS { server in
            try await withPair([server]) { reader, writer in
                let history = try await history(reader)
                let followers = await follow(history, "room.*", "room.b")
                let traffic = Traffic(writer)
                for _ in 0..<3 {
                    #expect(await traffic.goesOn())
                    server.kill()
                    #expect(await eventually { !reader.isAvailable && !writer.isAvailable })
                    try server.start()
                }
                #expect(await traffic.goesOn())
                try await nothingIsMissing(traffic, followers, history)
                #expect(traffic.failures > 0)
                for (_, follower) in followers { follower.cancel() }
            }
        }
    }

    /// Long enough for the link to be given up, and not.
    @Test(arguments: [Duration.milliseconds(400), .seconds(10)])
    func frozenForSeconds(_ ping: Duration) async throws {
        try await withNATS { server in
            try await withPair([server], ping: ping) { reader, writer in
                let history = try await history(reader)
                let followers = await follow(history, "room.*", "room.b")
                let traffic = Traffic(writer)
                #expect(await traffic.goesOn())
                server.pause()
                try await Task.sleep(for: .seconds(3))
                server.resume()
                #expect(await traffic.goesOn())
                try await nothingIsMissing(traffic, followers, history)
                #expect((reader.connection.statistics.reconnects > 0) == (ping < .seconds(1)))
                for (_, follower) in followers { follower.cancel() }
            }
        }
    }

    /// Gone for a moment or for a while: the loss is told, and what the new stream has comes once.
    @Test(arguments: ["by an operator", "by the gateway"])
    func madeAnewUnderTraffic(_ who: String) async throws {
        try await withNATS { server in
            try await withPair([server]) { reader, writer in
                let history = try await history(reader)
                let followers = await follow(history, "room.*", "room.b")
                let reading = try await history.reader("room.*", from: .after(HistoryToken(sequence: 0)))
                let traffic = Traffic(writer)
                #expect(await traffic.goesOn())
                let old = try await reading.next(10).position
                let jetStream = NATSJetStream(writer.connection)
                try await jetStream.deleteStream("S")
                if who == "by an operator" {
                    try await jetStream.createStream(NATSStreamConfiguration(name: "S", subjects: ["room.*"]))
                }
                #expect(await traffic.goesOn(by: 200))
                await traffic.stop()
                let fresh = try await history.reader("room.*", from: .after(old))
                let batch = try await fresh.next(100_000)
                #expect(batch.hasGap && batch.isAtEnd && batch.position.epoch != old.epoch)
                #expect(batch.messages.map(\.sequence) == Array(1...batch.position.sequence))
                // A reading under way goes on with the new stream.
                let rest = try await reading.next(100_000)
                #expect(rest.hasGap && rest.position == batch.position)
                #expect(rest.messages.map(\.sequence) == batch.messages.map(\.sequence))
                for (subject, follower) in followers {
                    #expect(await eventually { follower.losses.count == 1 })
                    let expected = batch.messages.filter { Subject.matches(subject, $0.subject) }.map(\.sequence)
                    #expect(await eventually { follower.sequences.suffix(expected.count) == expected[...] })
                    #expect(follower.isInOrder)
                    #expect(follower.losses == [HistoryToken(epoch: batch.position.epoch, sequence: 0)])
                    follower.cancel()
                }
                let receipt = try await reader.store(BusMessage("room.a", ""), id: nil, timeout: .seconds(5))
                #expect(receipt.token.epoch == batch.position.epoch)
                await history.close()
            }
        }
    }

    /// Emptied while nobody could read.
    @Test func emptiedDuringAnOutage() async throws {
        try await withNATS { server in
            try await withPair([server]) { reader, writer in
                let history = try await history(reader)
                let followers = await follow(history, "room.*", "room.a")
                #expect(
                    try await writer.store(BusMessage("room.a", "0"), id: nil, timeout: .seconds(5)).token.sequence == 1
                )
                #expect(await eventually { followers.allSatisfy { $0.follower.sequences == [1] } })
                // Before the reader is back.
                server.kill()
                #expect(await eventually { !reader.isAvailable })
                let port = try NATSServerProcess.freePort()
                try await elsewhere(server, port) { jetStream in
                    for number in 1..<9 { _ = try await jetStream.publish(subject: "room.a", payload: [UInt8(number)]) }
                    try await jetStream.purgeStream("S", below: 7)
                }
                try server.start()
                #expect(await eventually { followers.allSatisfy { $0.follower.sequences == [1, 7, 8, 9] } })
                for (_, follower) in followers {
                    #expect(follower.isInOrder && follower.losses.map(\.sequence) == [6])
                    follower.cancel()
                }
            }
        }
    }

    /// The same store on another port, where the gateways do not look.
    private func elsewhere(
        _ server: NATSServerProcess, _ port: Int, _ body: (NATSJetStream) async throws -> Void
    ) async throws {
        let other = try server.moved(to: port)
        defer { other.stop() }
        try await withBus(on: [other]) { bus in
            let jetStream = NATSJetStream(bus.connection, timeout: .seconds(2))
            try await eventuallySucceeds { _ = try await jetStream.stream("S") }
            try await body(jetStream)
        }
    }

    /// A server that comes back with an empty disk, and nobody who follows or reads.
    @Test func theStoreIsLost() async throws {
        try await withNATS { server, folder in
            try await withPair([server]) { reader, writer in
                let history = try await history(reader)
                try await store(1...3, writer)
                let place = try await history.reader("room.*", from: .last(1)).next(1).position
                server.kill()
                try FileManager.default.removeItem(at: folder)
                try server.start()
                try await store(4...5, writer)
                let batch = try await history.reader("room.*", from: .after(place)).next(10)
                #expect(batch.hasGap && batch.messages.map(\.text) == ["4", "5"])
                await history.close()
            }
        }
    }

    private func store(_ numbers: ClosedRange<Int>, _ bus: NATSBus) async throws {
        for number in numbers {
            _ = try await eventuallySucceeds {
                try await bus.store(BusMessage("room.a", "\(number)"), id: "\(number)", timeout: .seconds(1))
            }
        }
    }

    /// The stream is the same one, and has lost its latest messages.
    @Test func restoredFromABackup() async throws {
        try await withNATS { server, folder in
            try await withPair([server]) { reader, writer in
                let backup = folder.appendingPathExtension("backup")
                defer { try? FileManager.default.removeItem(at: backup) }
                let history = try await history(reader)
                let followers = await follow(history, "room.*", "room.a")
                try await store(1...5, writer)
                server.stop()
                try FileManager.default.copyItem(at: folder, to: backup)
                try server.start()
                try await store(6...9, writer)
                #expect(await eventually { followers.allSatisfy { $0.follower.sequences.count == 9 } })
                let reading = try await history.reader("room.*", from: .after(HistoryToken(sequence: 0)))
                let place = try await reading.next(100).position
                server.kill()
                try FileManager.default.removeItem(at: folder)
                try FileManager.default.moveItem(at: backup, to: folder)
                try server.start()
                #expect(await eventually { followers.allSatisfy { $0.follower.losses.count == 1 } })
                try await store(10...12, writer)
                #expect(await eventually { followers.allSatisfy { $0.follower.sequences.count == 12 } })
                for (_, follower) in followers {
                    #expect(follower.losses == [HistoryToken(epoch: place.epoch, sequence: 5)])
                    #expect(follower.sequences == Array(1...9) + [6, 7, 8])
                    #expect(follower.messages.map(\.text) == (1...12).map { "\($0)" })
                    follower.cancel()
                }
                // A reading under way, and one that comes back.
                for reader in [reading, try await history.reader("room.*", from: .after(place))] {
                    let batch = try await reader.next(100)
                    #expect(batch.hasGap)
                    #expect(batch.messages.map(\.text) == ["1", "2", "3", "4", "5", "10", "11", "12"])
                }
            }
        }
    }

    @Test func aClusterLosesTheLeader() async throws {
        try await NATSCluster.with { cluster in
            try await withPair(cluster.servers) { reader, writer in
                let jetStream = NATSJetStream(writer.connection, timeout: .seconds(2))
                try await cluster.makeStream("S", subjects: ["room.*"], jetStream)
                let history = try await history(reader)
                let followers = await follow(history, "room.*", "room.b")
                let epoch = followers[0].follower.start?.epoch
                let traffic = Traffic(writer)
                for _ in 0..<2 {
                    #expect(await traffic.goesOn())
                    let leader = try await cluster.retrying { try await cluster.leader(of: "S", jetStream) }
                    leader.kill()
                    #expect(await traffic.goesOn())
                    try leader.start()
                }
                #expect(await traffic.goesOn())
                try await nothingIsMissing(traffic, followers, history)
                let position = try await cluster.retrying {
                    try await history.reader("room.*", from: .last(1)).next(1).position
                }
                #expect(position.epoch == epoch)
                for (_, follower) in followers { follower.cancel() }
            }
        }
    }

    @Test func aClusterTakesTheServerInUseOutOfService() async throws {
        try await NATSCluster.with("lame_duck_duration: 30s\nlame_duck_grace_period: 10s") { cluster in
            try await withPair(cluster.servers) { reader, writer in
                let jetStream = NATSJetStream(writer.connection, timeout: .seconds(2))
                try await cluster.makeStream("S", subjects: ["room.*"], jetStream)
                let history = try await history(reader)
                let followers = await follow(history, "room.*", "room.b")
                let traffic = Traffic(writer)
                #expect(await traffic.goesOn())
                // The first is the reader's.
                cluster.servers[0].becomeLameDuck()
                #expect(await eventually(within: .seconds(20)) { reader.connection.statistics.reconnects > 0 })
                #expect(await traffic.goesOn())
                try await nothingIsMissing(traffic, followers, history)
                for (_, follower) in followers { follower.cancel() }
            }
        }
    }
}
