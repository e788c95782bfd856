import AuthPlugin
import Crypto
import Logging
import PluginKit
import Testing

@Suite("Keys of a server", .timeLimit(.minutes(1))) struct KeyStoreTests {
    private static let fresh = TestSigner(key: .p256(.init()), id: "fresh")

    private func store(_ server: TestServer, interval: Duration = .seconds(300)) throws -> KeyStore {
        let endpoint = try #require(HTTPEndpoint(server.url("/keys")))
        return KeyStore(
            .server(try HTTPClient(endpoint, shared: SharedObjects())), interval: interval,
            logger: Logger(label: "test"))
    }

    private func set(_ signers: TestSigner...) throws -> TestServer.Answering {
        let json = try TestSigner.set(signers)
        return { _ in .init(body: json) }
    }

    /// Reads again and waits for the end of it; false if that was refused.
    private func readAgain(_ store: KeyStore) async -> Bool {
        await withCheckedContinuation { continuation in
            if !store.readAgain(then: { continuation.resume(returning: true) }) {
                continuation.resume(returning: false)
            }
        }
    }

    @Test func readsThemAndWhatIsNewOnce() async throws {
        let server = try await TestServer(set(.es256))
        let store = try store(server)
        #expect(store.keys == nil)
        await store.start()
        #expect(store.keys?.map(\.id) == ["ec"])
        server.answer(try set(.es256, Self.fresh))
        #expect(await readAgain(store))
        #expect(store.keys?.map(\.id) == ["ec", "fresh"])
        // Whoever makes up keys does not make us ask again and again.
        for _ in 0..<50 { #expect(await !readAgain(store)) }
        #expect(server.requests.count == 2)
        store.stop()
    }

    @Test func everybodyWaitsForOneReading() async throws {
        let server = try await TestServer(set(.es256))
        let store = try store(server)
        await store.start()
        server.answer(try set(Self.fresh))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = await readAgain(store) } }
        }
        #expect(store.keys?.map(\.id) == ["fresh"])
        #expect(server.requests.count == 2)
        store.stop()
    }

    @Test func readsThemFromTimeToTime() async throws {
        let server = try await TestServer(set(.es256))
        let store = try store(server, interval: .milliseconds(20))
        await store.start()
        server.answer(try set(Self.fresh))
        try await eventually { store.keys?.map(\.id) == ["fresh"] }
        store.stop()
    }

    @Test(
        arguments: [
            .init(status: 500), .init(body: "{"), .init(body: "{}"), .init(status: 404, body: #"{"keys":[]}"#),
            .init(status: 302, headers: [("Location", "/other")]),
            .init(body: String(repeating: " ", count: KeySet.sizeLimit + 1)),
            .init(body: #"{"keys":[]}"#, isCut: true),
        ] as [TestServer.Answer])
    func keepsThemWhenTheServerIsNotItself(_ answer: TestServer.Answer) async throws {
        let server = try await TestServer(set(.es256))
        let store = try store(server)
        await store.start()
        #expect(!store.isOutOfTouch)
        server.answer { _ in answer }
        #expect(await readAgain(store))
        #expect(store.isOutOfTouch)
        #expect(store.keys?.map(\.id) == ["ec"])
        store.stop()
    }

    @Test func startsWithoutTheServer() async throws {
        let server = try await TestServer(set(.es256))
        try await server.stop()
        let store = try store(server, interval: .milliseconds(20))
        await store.start()
        #expect(store.keys == nil && store.isOutOfTouch)
        let again = try await TestServer(port: server.port, set(.es256))
        try await eventually { store.keys?.map(\.id) == ["ec"] }
        #expect(!store.isOutOfTouch)
        store.stop()
        try await again.stop()
    }

    /// What it says counts, even if that is: none.
    @Test func forgetsWhatIsNoLongerPublished() async throws {
        let server = try await TestServer(set(.es256))
        let store = try store(server)
        await store.start()
        server.answer { _ in .init(body: #"{"keys":[]}"#) }
        #expect(await readAgain(store))
        #expect(store.keys?.isEmpty == true && !store.isOutOfTouch)
        store.stop()
    }

    @Test func secretsThatArePublishedAreNoKeys() async throws {
        let server = try await TestServer(set(.hs256, .es256))
        let store = try store(server)
        await store.start()
        #expect(store.keys?.map(\.algorithm) == ["ES256"])
        store.stop()
    }
}
