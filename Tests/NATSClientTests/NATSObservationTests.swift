import NATSClient
import TestSupport
import Testing

@Suite(.serialized) struct NATSObservationTests {
    /// The state as it is, then every change in order; nothing after the end.
    @Test func tellsStateAndChanges() async throws {
        try await withServer { server, connection in
            let (seen, other) = (Collected<Bool>(), Collected<Bool>())
            @Sendable func isConnected(_ state: NATSState) -> Bool {
                if case .connected = state { true } else { false }
            }
            let observation = connection.observe { seen.append(isConnected($0)) }
            let cancelled = connection.observe { other.append(isConnected($0)) }
            // A living link may have news.
            #expect(await eventually { seen.values.first == true && other.values.first == true })
            cancelled.cancel()
            let known = other.count
            server.kill()
            #expect(await eventually { seen.values.last == false })
            try server.start()
            #expect(await eventually { seen.values.last == true })
            #expect(other.count == known)
            observation.cancel()
            let count = seen.count
            server.kill()
            #expect(await eventually { !connection.isConnected })
            #expect(seen.count == count)
        }
    }
}
