import PluginKit

/// Somebody who follows a history, and what came.
final class Follower: Sendable {
    let events = Heard<HistoryEvent>()
    private let subscription: any BusSubscription

    init(_ history: any History, _ subject: String) {
        subscription = history.follow(subject) { [events] in events.append($0) }
    }

    func cancel() { subscription.cancel() }

    var messages: [BusMessage] {
        events.all.compactMap { if case .message(let message) = $0 { message } else { nil } }
    }

    var sequences: [UInt64] { messages.map(\.sequence) }

    /// Where it began.
    var start: HistoryToken? { if case .started(let token)? = events.all.first { token } else { nil } }

    /// The places of its losses.
    var losses: [HistoryToken] {
        events.all.compactMap { if case .lost(let token) = $0 { token } else { nil } }
    }

    /// Returns when it has begun.
    func hasStarted() async -> Bool { await eventually { start != nil } }

    /// What the host promises of any follower: the start first and once, sequences that only grow between losses, and
    /// nothing before the place of the start or of a loss.
    var isInOrder: Bool {
        var last: HistoryToken?
        for (index, event) in events.all.enumerated() {
            switch event {
            case .started(let token):
                guard index == 0 else { return false }
                last = token
            case .lost(let token):
                guard let before = last, token.epoch != before.epoch || token.sequence >= before.sequence else {
                    return false
                }
                last = token
            case .message(let message):
                guard let before = last, message.sequence > before.sequence else { return false }
                last?.sequence = message.sequence
            }
        }
        return true
    }
}
