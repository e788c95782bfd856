import NATSClient
import PluginKit
import Synchronization

/// Tells of the link to NATS: each loss and each return, once.
///
/// A connection that never came up has lost nothing; attempts that fail and news of a living link are no change.
struct NATSLinkWatch: BusSubscription {
    private let observation: NATSObservation

    init(_ connection: NATSConnection, _ handler: @escaping @Sendable (BusEvent) -> Void) {
        let known = Known()
        observation = connection.observe { state in
            guard let wasConnected = known.exchange(state.isConnected), wasConnected != state.isConnected else {
                return
            }
            switch state {
            case .connected: handler(.up)
            case .disconnected(let reason, _): handler(.down(reason: "\(reason)"))
            case .connecting: handler(.down(reason: "not connected yet"))
            case .closed: handler(.down(reason: "the connection is closed"))
            }
        }
    }

    func cancel() { observation.cancel() }

    private final class Known: Sendable {
        private let isConnected = Mutex<Bool?>(nil)

        /// Returns what was known before.
        func exchange(_ value: Bool) -> Bool? {
            isConnected.withLock { known in
                defer { known = value }
                return known
            }
        }
    }
}
