import Glibc
import NATSClient
import NIOCore
import NIOPosix
import TestSupport
import Testing

/// Streams that drop messages while somebody reads them.
@Suite(.serialized) struct NATSSlowReaderTests {
    /// A reader whose thread does nothing for a while: the server can give it no more, and the stream goes on.
    ///
    /// - Returns: what it was told.
    private static func read(
        _ filter: String?, behind count: Int, sleepsFor milliseconds: UInt32
    ) async throws -> StreamEvents {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let events = StreamEvents()
        try await withJetStream { server, direct in
            try await direct.makeStream { $0.maximumMessages = 20 }
            let connection = NATSConnection(
                configuration: quickConfiguration(ports: [server.port]), eventLoop: group.next(), logger: quietLogger)
            connection.start()
            #expect(await eventually { connection.isConnected })
            let consumer = try NATSJetStream(connection).orderedConsumer(
                stream: "S", filter: filter, idleHeartbeat: .milliseconds(500)
            ) { event in
                events.all.append(event)
                if case .message(let message) = event, message.sequence <= 2 { usleep(milliseconds * 1000) }
            }
            #expect(await eventually { events.words.count == 1 })
            let payload = [UInt8](repeating: 0x78, count: 50_000)
            for number in 0..<count {
                try await direct.publish(subject: "s.\(number % 2)", payload: payload)
                // At a pace that a reader who is awake can keep.
                if milliseconds == 0, number % 10 == 0 { try await Task.sleep(for: .milliseconds(5)) }
            }
            #expect(await eventually { (events.sequences.last ?? 0) >= UInt64(count - 1) })
            // Time for a last look at the stream.
            #expect(await eventually { milliseconds == 0 || events.words.count > 1 })
            consumer.cancel()
            await connection.close()
        }
        try await group.shutdownGracefully()
        #expect(events.sequences == Set(events.sequences).sorted())
        return events
    }

    @Test(arguments: [nil, "s.1"])
    func whatLeftUnreadIsTold(_ filter: String?) async throws {
        let events = try await Self.read(filter, behind: 1500, sleepsFor: 3000)
        #expect(events.sequences.count < (filter == nil ? 1500 : 750))
        #expect(events.words.contains { $0.hasPrefix("skipped") })
        #expect(events.words.filter { !$0.hasPrefix("skipped") } == ["started 0"])
    }

    /// Other subjects leave holes too, and the stream has dropped what was read: that is no loss.
    @Test(arguments: [nil, "s.1"])
    func whatWasReadIsNot(_ filter: String?) async throws {
        let events = try await Self.read(filter, behind: 400, sleepsFor: 0)
        #expect(events.sequences == Array(1...400).filter { filter == nil || $0 % 2 == 0 })
        #expect(events.words == ["started 0"])
    }

    /// Nothing came for long, and the stream has dropped all there was meanwhile: it was for others.
    @Test func aQuietSubjectMissesNothingInABreak() async throws {
        try await withJetStream { server, direct in
            try await direct.makeStream { $0.maximumMessages = 5 }
            let proxy = try await CuttingProxy.start(to: server.port)
            try await withConnection(quickConfiguration(ports: [proxy.port])) { connection in
                #expect(await eventually { connection.isConnected })
                let events = StreamEvents()
                let consumer = try NATSJetStream(connection, timeout: .seconds(1)).orderedConsumer(
                    stream: "S", filter: "s.quiet", idleHeartbeat: .milliseconds(100)
                ) { events.all.append($0) }
                #expect(await eventually { events.words == ["started 0"] })
                try await direct.fill(0..<50)
                // The consumer says twice that there is nothing, with a look at the stream in between, which may wait.
                try await Task.sleep(for: .milliseconds(2000))
                proxy.cut()
                #expect(await eventually { events.words.last == "resumed" })
                try await direct.fill(50..<51) { _ in "s.quiet" }
                #expect(await eventually { events.sequences == [51] })
                #expect(events.words == ["started 0", "stalled connectionLost", "resumed"])
                consumer.cancel()
            }
            try await proxy.stop()
        }
    }

    /// Long before the server would find that nobody listens.
    @Test func theConsumerGoesWithItsReader() async throws {
        try await withJetStream { _, jetStream in
            try await jetStream.makeStream()
            for delay in [0, 1, 5, 50] {
                let consumer = try jetStream.orderedConsumer(stream: "S", idleHeartbeat: .seconds(10)) { _ in }
                try await Task.sleep(for: .milliseconds(delay))
                consumer.cancel()
            }
            // Its creation may still be under way.
            try await jetStream.connection.flush()
            try await eventuallySucceeds {
                guard try await jetStream.stream("S").consumers == 0 else { throw NATSError.timeout }
            }
        }
    }
}
