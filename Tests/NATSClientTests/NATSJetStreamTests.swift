import NATSClient
import TestSupport
import Testing

/// Against a real nats-server with JetStream.
@Suite(.serialized) struct NATSJetStreamTests {
    @Test(arguments: [nil, "hub"]) func streamsLiveAndDie(_ domain: String?) async throws {
        try await withJetStream(domain: domain) { _, jetStream in
            var configuration = NATSStreamConfiguration(name: "S", subjects: ["s.>"])
            configuration.description = "of \"tests\""
            configuration.storage = .memory
            configuration.maximumMessages = 100
            configuration.maximumMessagesPerSubject = 50
            configuration.maximumBytes = 1 << 20
            configuration.maximumMessageSize = 1000
            configuration.maximumAge = .seconds(3600)
            configuration.discard = .new
            configuration.duplicateWindow = .seconds(60)
            configuration.allowsDirect = true
            let made = try await jetStream.createStream(configuration)
            #expect(made.messages == 0 && made.firstSequence == 1 && made.lastSequence == 0)
            try await jetStream.fill(0..<10) { "s.\($0 % 2)" }
            let info = try await jetStream.stream("S")
            #expect(info.created == made.created && info.messages == 10 && info.lastSequence == 10 && info.bytes > 0)
            #expect(info.firstTime ?? made.created > made.created && info.lastTime ?? made.created > made.created)
            var changed = info.configuration
            #expect(changed.maximumAge == configuration.maximumAge && changed.discard == .new)
            #expect(changed.description == configuration.description && changed.allowsDirect)
            changed.maximumMessages = nil
            changed.subjects = ["s.>", "t"]
            let updated = try await jetStream.updateStream(changed).configuration
            #expect(updated.maximumMessages == nil && updated.subjects == ["s.>", "t"])
            #expect(updated.maximumBytes == 1 << 20 && updated.storage == .memory)
            #expect(try await jetStream.streamNames() == ["S"])
            #expect(try await jetStream.streamNames(subject: "t") == ["S"])
            #expect(try await jetStream.streamNames(subject: "u").isEmpty)
            #expect(try await jetStream.purgeStream("S", filter: "s.0", keeping: 1) == 4)
            #expect(try await jetStream.purgeStream("S", below: 4) == 1)
            #expect(try await jetStream.purgeStream("S") == 5)
            let empty = try await jetStream.stream("S")
            #expect(empty.messages == 0 && empty.firstSequence == 11 && empty.lastSequence == 10)
            try await jetStream.deleteStream("S")
            #expect(try await jetStream.streamNames().isEmpty)
        }
    }

    @Test func errorsAreTyped() async throws {
        try await withJetStream { _, jetStream in
            try await jetStream.makeStream()
            func code(_ body: () async throws -> Void) async -> Int? {
                do {
                    try await body()
                    return nil
                } catch {
                    return (error as? NATSJetStreamError)?.errorCode
                }
            }
            #expect(await code { _ = try await jetStream.stream("none") } == NATSJetStreamAPIError.streamNotFound)
            #expect(await code { try await jetStream.deleteStream("none") } == NATSJetStreamAPIError.streamNotFound)
            #expect(
                await code { _ = try await jetStream.consumer("none", stream: "S") }
                    == NATSJetStreamAPIError.consumerNotFound)
            #expect(
                await code { _ = try await jetStream.createStream(NATSStreamConfiguration(name: "S", subjects: ["x"])) }
                    == NATSJetStreamAPIError.streamNameInUse)
            for name in ["", "a.b", "a b", "*", ">", "ä", "a\r\nPUB x 0", "a/b"] {
                let error = await #expect(throws: NATSJetStreamError.self) { try await jetStream.stream(name) }
                #expect(error?.label == "invalid", "\(name)")
            }
            let error = await #expect(throws: NATSJetStreamError.self) {
                try await jetStream.purgeStream("S", filter: "a..b")
            }
            #expect(error?.label == "invalid")
        }
        _ = try await withServer { _, connection in
            await #expect(throws: NATSJetStreamError.request(.noResponders)) {
                try await NATSJetStream(connection).deleteStream("S")
            }
        }
    }

    @Test func publishesAreAcknowledgedOnConditions() async throws {
        try await withJetStream { _, jetStream in
            try await jetStream.makeStream()
            func publish(_ conditions: NATSPublishConditions) async throws -> NATSPublishAck {
                try await jetStream.publish(subject: "s.a", payload: [1], conditions: conditions)
            }
            #expect(
                try await publish(NATSPublishConditions(messageID: "m1"))
                    == NATSPublishAck(stream: "S", sequence: 1, isDuplicate: false))
            #expect(
                try await publish(NATSPublishConditions(messageID: "m1"))
                    == NATSPublishAck(stream: "S", sequence: 1, isDuplicate: true))
            let good: [NATSPublishConditions] = [
                .init(messageID: "m2", lastMessageID: "m1"), .init(stream: "S"), .init(lastSequence: 3),
                .init(lastSubjectSequence: 4),
            ]
            for (number, conditions) in good.enumerated() {
                #expect(try await publish(conditions).sequence == UInt64(number + 2))
            }
            let bad: [NATSPublishConditions] = [
                .init(stream: "T"), .init(lastSequence: 2), .init(lastSubjectSequence: 0), .init(lastMessageID: "m1"),
            ]
            for conditions in bad {
                let error = await #expect(throws: NATSJetStreamError.self) { try await publish(conditions) }
                #expect(error?.label == "api", "\(conditions)")
            }
            #expect(try await jetStream.stream("S").messages == 5)
            await #expect(throws: NATSJetStreamError.request(.noResponders)) {
                try await jetStream.publish(subject: "nowhere", payload: [])
            }
            let results = Collected<UInt64>()
            for _ in 0..<100 {
                jetStream.publish(subject: "s.b", payload: []) { results.append((try? $0.get().sequence) ?? 0) }
            }
            #expect(await eventually { results.count == 100 })
            #expect(results.values == Array(6...105))
        }
    }

    @Test func consumersLiveAndDie() async throws {
        try await withJetStream { _, jetStream in
            try await jetStream.makeStream()
            try await jetStream.fill(0..<10) { "s.\($0 % 2)" }
            var configuration = NATSConsumerConfiguration(durableName: "D", filter: "s.1")
            configuration.acknowledgementWait = .seconds(7)
            configuration.maximumDeliveries = 3
            configuration.start = .sequence(5)
            let made = try await jetStream.createConsumer(configuration, stream: "S")
            #expect(made.name == "D" && made.pending == 3 && made.deliveredCount == 0)
            let info = try await jetStream.consumer("D", stream: "S")
            #expect(info.created == made.created && info.configuration.durableName == "D")
            #expect(info.configuration.start == .sequence(5) && info.configuration.filter == "s.1")
            #expect(info.configuration.acknowledgementWait == .seconds(7))
            var ephemeral = NATSConsumerConfiguration()
            ephemeral.start = .time(try #require(try await jetStream.message(.sequence(4), stream: "S")).timestamp)
            ephemeral.acknowledgement = .none
            #expect(try await jetStream.createConsumer(ephemeral, stream: "S").pending == 7)
            #expect(try await jetStream.stream("S").consumers == 2)
            try await jetStream.deleteConsumer("D", stream: "S")
            let error = await #expect(throws: NATSJetStreamError.self) {
                try await jetStream.consumer("D", stream: "S")
            }
            #expect(error?.errorCode == NATSJetStreamAPIError.consumerNotFound)
        }
    }

    @Test(arguments: [false, true]) func storedMessagesAreFound(_ direct: Bool) async throws {
        try await withJetStream { _, jetStream in
            try await jetStream.makeStream { $0.allowsDirect = true }
            for number in 1...6 as ClosedRange<UInt8> {
                _ = try await jetStream.publish(
                    subject: "s.\(number % 3)", headers: [("N", "\(number)")],
                    payload: [UInt8](repeating: number, count: Int(number)))
            }
            try await jetStream.deleteMessage(2, stream: "S")
            let table: [(NATSStreamMessageQuery, UInt64?)] = [
                (.sequence(1), 1), (.sequence(2), nil), (.sequence(99), nil), (.last(subject: "s.0"), 6),
                (.last(subject: "s.1"), 4), (.last(subject: "s.9"), nil), (.next(sequence: 2, filter: "s.0"), 3),
                (.next(sequence: 2, filter: "s.2"), 5), (.next(sequence: 5, filter: "s.1"), nil),
                (.next(sequence: 0, filter: "s.*"), 1),
            ]
            for (query, expected) in table {
                let message =
                    try await direct
                    ? jetStream.directMessage(query, stream: "S") : jetStream.message(query, stream: "S")
                #expect(message?.sequence == expected, "\(query)")
                guard let message, let expected else { continue }
                #expect(message.subject == "s.\(expected % 3)")
                #expect(message.headers.map { "\($0.0)=\($0.1)" } == ["N=\(expected)"])
                #expect(message.payload == [UInt8](repeating: UInt8(expected), count: Int(expected)))
                #expect(message.timestamp.nanoseconds > 1_600_000_000_000_000_000)
            }
        }
    }
}
