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
            #expect(await eventually { seen.values == [true] && other.values == [true] })
            cancelled.cancel()
            let never = connection.observe { other.append(isConnected($0)) }
            never.cancel()
            server.kill()
            #expect(await eventually { seen.values.last == false })
            try server.start()
            #expect(await eventually { seen.values.last == true })
            #expect(other.values == [true])
            observation.cancel()
            let count = seen.count
            server.kill()
            #expect(await eventually { !connection.isConnected })
            #expect(seen.count == count)
        }
    }
}
