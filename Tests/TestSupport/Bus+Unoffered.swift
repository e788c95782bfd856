package import PluginKit

/// For buses of tests that are asked for less than a bus offers: a clear refusal of the rest.
extension Bus {
    package func request(_ message: BusMessage, timeout: Duration) async throws(BusFailure) -> BusMessage {
        throw .refused("this bus has no requests")
    }

    package func store(
        _ message: BusMessage, id: String?, timeout: Duration
    ) async throws(BusFailure) -> StoreReceipt {
        throw .refused("this bus keeps nothing")
    }

    package func history(_ configuration: HistoryConfiguration) -> any History { NoHistory() }

    package func watch(_ handler: @escaping @Sendable (BusEvent) -> Void) -> any BusSubscription { NothingToCancel() }
}

private struct NothingToCancel: BusSubscription {
    func cancel() {}
}

private final class NoHistory: History {
    func open() async throws { throw BusFailure.refused("this bus keeps nothing") }
    func close() async {}

    func follow(
        _ subject: String, deliver: @escaping @Sendable (HistoryEvent) -> Void
    ) -> any BusSubscription { NothingToCancel() }

    func reader(_ subject: String, from start: HistoryStart) async throws -> any HistoryReader {
        throw BusFailure.refused("this bus keeps nothing")
    }
}
