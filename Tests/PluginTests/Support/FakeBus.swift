import PluginKit
import Synchronization
import TestSupport

/// Remembers what was published, or refuses it.
final class FakeBus: Bus {
    private struct Subscription: BusSubscription {
        func cancel() {}
    }

    private let messages = Mutex<[BusMessage]>([])
    private let isAway: Bool

    init(isAway: Bool = false) { self.isAway = isAway }

    var published: [BusMessage] { messages.withLock { $0 } }

    func publish(_ message: BusMessage) -> PublishResult {
        if isAway { return .refused(reason: "away") }
        messages.withLock { $0.append(message) }
        return .accepted
    }

    func subscribe(
        _ subject: String, queue: String?, deliver: @escaping @Sendable (BusMessage) -> Void
    ) -> any BusSubscription {
        Subscription()
    }
}
