import PluginKit
import Synchronization

/// Somebody who stores numbers, one after the other, each until a stream says that it has it.
final class Traffic: Sendable {
    private struct State {
        var receipts: [(number: Int, token: HistoryToken)] = []
        var failures = 0
        var isStopped = false
    }

    private let state = Mutex(State())
    private let task: Mutex<Task<Void, Never>?> = Mutex(nil)

    /// - Parameter subjects: taken in turn.
    init(_ bus: any Bus, _ subjects: [String] = ["room.a", "room.b", "room.c"]) {
        let task = Task {
            var number = 0
            while !state.withLock({ $0.isStopped }) {
                await store(number, BusMessage(subjects[number % subjects.count], "\(number)"), bus)
                number += 1
            }
        }
        self.task.withLock { $0 = task }
    }

    /// A message that was stored although nobody heard of it is not stored again.
    private func store(_ number: Int, _ message: BusMessage, _ bus: any Bus) async {
        while true {
            if let receipt = try? await bus.store(message, id: "n\(number)", timeout: .seconds(1)) {
                return state.withLock { $0.receipts.append((number, receipt.token)) }
            }
            state.withLock { $0.failures += 1 }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// How many are stored.
    var count: Int { state.withLock { $0.receipts.count } }
    var failures: Int { state.withLock { $0.failures } }
    var receipts: [(number: Int, token: HistoryToken)] { state.withLock { $0.receipts } }

    /// Returns when so many more are stored.
    func goesOn(by more: Int = 50, within limit: Duration = .seconds(60)) async -> Bool {
        let before = count
        return await eventually(within: limit) { count >= before + more }
    }

    /// Returns when everything that was begun is stored.
    func stop() async {
        state.withLock { $0.isStopped = true }
        let task = task.withLock { $0 }
        await task?.value
    }
}
