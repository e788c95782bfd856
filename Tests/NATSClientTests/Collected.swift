import NATSClient
import Synchronization

/// Values that come on other threads.
final class Collected<Value: Sendable>: Sendable {
    private let contents = Mutex<[Value]>([])

    var values: [Value] { contents.withLock { $0 } }

    var count: Int { contents.withLock { $0.count } }

    func append(_ value: Value) { contents.withLock { $0.append(value) } }
}

/// Waits until `condition` holds; false if it does not within `limit`.
func eventually(within limit: Duration = .seconds(5), _ condition: () -> Bool) async -> Bool {
    let deadline = ContinuousClock.now + limit
    while !condition() {
        if ContinuousClock.now > deadline { return false }
        try? await Task.sleep(for: .milliseconds(2))
    }
    return true
}

extension NATSConnection {
    var isConnected: Bool { if case .connected = state { true } else { false } }

    var isClosed: Bool { if case .closed = state { true } else { false } }

    var reason: NATSDisconnectReason? { if case .disconnected(let reason, _) = state { reason } else { nil } }
}

extension NATSMessage {
    var text: String { String(decoding: payload, as: UTF8.self) }
}
