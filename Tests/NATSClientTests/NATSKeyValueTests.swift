import NATSClient
import TestSupport
import Testing

/// Against a real nats-server with JetStream.
@Suite(.serialized) struct NATSKeyValueTests {
    private static func withBucket(
        history: Int = 5, domain: String? = nil, _ body: (NATSServerProcess, NATSKeyValue) async throws -> Void
    ) async throws {
        try await withJetStream(domain: domain) { server, jetStream in
            var configuration = NATSKeyValueConfiguration(bucket: "B")
            configuration.history = history
            try await body(server, try await jetStream.createKeyValue(configuration))
        }
    }

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test(arguments: [nil, "hub"]) func valuesComeAndGo(_ domain: String?) async throws {
        try await Self.withBucket(domain: domain) { _, bucket in
            #expect(try await bucket.get("a") == nil)
            #expect(try await bucket.put("a", [1]) == 1)
            #expect(try await bucket.create("b/c=d.e_f-g", [2]) == 2)
            let entry = try #require(try await bucket.get("a"))
            #expect(entry.value == [1] && entry.revision == 1 && entry.operation == .put && entry.key == "a")
            #expect(try await bucket.update("a", [3], revision: 1) == 3)
            for attempt in [
                { try await bucket.update("a", [4], revision: 1) }, { try await bucket.create("a", [4]) },
                {
                    try await bucket.delete("a", revision: 1); return 0
                },
            ] as [() async throws -> UInt64] {
                let error = await #expect(throws: NATSJetStreamError.self) { try await attempt() }
                #expect(error?.errorCode == NATSJetStreamAPIError.wrongLastSequence)
            }
            #expect(try await bucket.keys() == ["a", "b/c=d.e_f-g"])
            #expect(try await bucket.keys(matching: "*.*") == ["b/c=d.e_f-g"])
            try await bucket.delete("a")
            #expect(try await bucket.get("a") == nil)
            #expect(try await bucket.keys() == ["b/c=d.e_f-g"])
            #expect(try await bucket.get("a", revision: 3)?.value == [3])
            #expect(try await bucket.get("a", revision: 2) == nil)
            #expect(try await bucket.get("a", revision: 99) == nil)
            #expect(try await bucket.create("a", [5]) == 5)
            let history = try await bucket.history("a")
            #expect(
                history.map(\.revision) == [1, 3, 4, 5] && history.map(\.operation) == [.put, .put, .delete, .put])
            try await bucket.purge("a")
            #expect(try await bucket.history("a").map(\.operation) == [.purge])
            #expect(try await bucket.create("a", [6]) == 7)
            let info = try await bucket.info()
            #expect(info.lastRevision == 7 && info.entries == 3 && info.configuration.history == 5)
        }
    }

    @Test func bucketsAreFoundAndDeleted() async throws {
        try await Self.withBucket { _, bucket in
            try await bucket.put("a", [1])
            let jetStream = bucket.jetStream
            #expect(try await jetStream.keyValue("B").get("a")?.value == [1])
            try await jetStream.deleteKeyValue("B")
            let error = await #expect(throws: NATSJetStreamError.self) { _ = try await jetStream.keyValue("B") }
            #expect(error?.errorCode == NATSJetStreamAPIError.streamNotFound)
            for name in ["", "a.b", "*"] {
                let error = await #expect(throws: NATSJetStreamError.self) { _ = try await jetStream.keyValue(name) }
                #expect(error?.label == "invalid")
            }
            for key in ["", ".a", "a.", "a..b", "a b", "*", ">", "ä", "a\r\n"] {
                let error = await #expect(throws: NATSJetStreamError.self) { try await bucket.put(key, []) }
                #expect(error?.label == "invalid", "\(key)")
            }
        }
    }

    @Test(arguments: [
        (NATSKeyValueWatchStart.present, ">", "b=2 c- a=3 done x.y=4 a-"),
        (.history, ">", "a=1 b=2 c=1 c- a=3 done x.y=4 a-"),
        (.changesOnly, ">", "done x.y=4 a-"), (.present, "x.*", "done x.y=4"), (.present, "a", "a=3 done a-"),
    ])
    func watches(_ start: NATSKeyValueWatchStart, _ pattern: String, _ expected: String) async throws {
        try await Self.withBucket { server, bucket in
            try await bucket.put("a", Self.bytes("1"))
            try await bucket.put("b", Self.bytes("2"))
            try await bucket.put("c", Self.bytes("1"))
            try await bucket.delete("c")
            try await bucket.put("a", Self.bytes("3"))
            let told = Collected<String>()
            let watch = try bucket.watch(pattern, start: start) { event in
                switch event {
                case .entry(let entry):
                    let value = String(decoding: entry.value, as: UTF8.self)
                    told.append(entry.operation == .put ? "\(entry.key)=\(value)" : "\(entry.key)-")
                case .initialValuesDone: told.append("done")
                case .reset: told.append("reset")
                case .stalled, .resumed: break
                }
            }
            #expect(await eventually { told.values.contains("done") })
            // Changes are told across a dead server, too.
            server.kill()
            #expect(await eventually { !bucket.jetStream.connection.isConnected })
            try server.start()
            _ = try await eventuallySucceeds { try await bucket.create("x.y", Self.bytes("4")) }
            try await bucket.purge("a")
            let count = expected.split(separator: " ").count
            #expect(await eventually { told.count >= count })
            #expect(told.values.joined(separator: " ") == expected)
            watch.cancel()
        }
    }
}
