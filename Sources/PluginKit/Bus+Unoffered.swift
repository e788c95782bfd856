/// What a bus that cannot do it answers: a clear refusal.
extension Bus {
    public func request(_ message: BusMessage, timeout: Duration) async throws(BusFailure) -> BusMessage {
        throw .refused("this bus has no requests")
    }

    public func store(_ message: BusMessage, id: String?, timeout: Duration) async throws(BusFailure) -> StoreReceipt {
        throw .refused("this bus keeps nothing")
    }

    public func history(_ configuration: HistoryConfiguration) -> any History { NoHistory() }

    public func watch(_ handler: @escaping @Sendable (BusEvent) -> Void) -> any BusSubscription { NothingToCancel() }
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
