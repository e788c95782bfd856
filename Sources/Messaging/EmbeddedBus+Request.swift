package import PluginKit

extension EmbeddedBus {
    package func request(_ message: BusMessage, timeout: Duration) async throws(BusFailure) -> BusMessage {
        let answer = Pending<BusMessage>()
        var request = message
        let inbox = "_INBOX.\(Self.unique())"
        request.reply = inbox
        if let failure = Self.failure(of: request) { throw failure }
        let subscription = subscribe(inbox) { answer.complete($0) }
        defer { subscription.cancel() }
        guard hasSubscribers(message.subject) else { throw .noResponders }
        switch publish(request) {
        case .accepted, .congested: break
        case .refused(let reason): throw .refused(reason)
        case .tooLarge(let limit): throw .tooLarge(limit: limit)
        }
        let clock = Task {
            try await Task.sleep(for: timeout)
            answer.fail(BusFailure.timeout)
        }
        defer { clock.cancel() }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                answer.deliver { continuation.resume(returning: $0) }
            }
        } onCancel: {
            answer.fail(BusFailure.refused("nobody waits for the answer any more"))
        }
        do {
            return try outcome.get()
        } catch {
            throw error as? BusFailure ?? .refused("\(error)")
        }
    }

    /// Letters and digits that are not used twice.
    static func unique() -> String {
        String(UInt64.random(in: 0...UInt64.max), radix: 36) + String(UInt64.random(in: 0...UInt64.max), radix: 36)
    }
}
