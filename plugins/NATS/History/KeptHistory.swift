package import PluginKit
import Synchronization

/// A history as one handler uses it. Handlers with equal settings share what is behind it.
package final class KeptHistory: Sendable {
    private let shared: SharedHistory
    private let share = Share()

    /// - Parameter histories: those of the gateway.
    package init(_ configuration: HistoryConfiguration, _ context: HandlerContext) {
        shared = context.shared.object(Histories.self) { Histories() }.history(configuration, context.bus)
    }

    /// For a client that wants what is kept on `subject`.
    /// - Throws: 404 if nothing is.
    func history(of subject: String, _ request: Request) throws(Refusal) -> any History {
        guard shared.configuration.subjects.contains(where: { Subject.covers($0, subject) }) else {
            throw Refusal(404, "nothing is kept on this subject", request)
        }
        return shared.history
    }

    /// Returns when it is open, or will be as soon as the bus is there.
    /// - Throws: what the operator has to put right.
    package func start() async throws {
        guard share.take() else { return }
        do {
            try await shared.start()
        } catch {
            _ = share.giveBack()
            throw error
        }
    }

    /// Without a `start` that succeeded it does nothing.
    package func stop() async {
        if share.giveBack() { await shared.stop() }
    }
}

/// Opened with its first user, closed with its last.
private final class SharedHistory: Sendable {
    private struct State {
        var users = 0
        /// The last opening or closing that was begun; the next waits for it.
        var turn: Task<Void, any Error>?
    }

    let configuration: HistoryConfiguration
    let history: any History
    private let state = Mutex(State())

    init(_ configuration: HistoryConfiguration, _ bus: any Bus) {
        self.configuration = configuration
        history = bus.history(configuration)
    }

    func start() async throws {
        try await takeTurn { [self] in
            guard state.withLock({ $0.users == 0 }) else { return state.withLock { $0.users += 1 } }
            try await history.open()
            state.withLock { $0.users = 1 }
        }
    }

    func stop() async {
        try? await takeTurn { [self] in
            let isLast = state.withLock { state in
                state.users -= 1
                return state.users == 0
            }
            if isLast { await history.close() }
        }
    }

    private func takeTurn(_ work: @escaping @Sendable () async throws -> Void) async throws {
        let mine = state.withLock { state in
            let before = state.turn
            let mine = Task {
                _ = await before?.result
                try await work()
            }
            state.turn = mine
            return mine
        }
        try await mine.value
    }
}

/// The histories of one gateway, by what they keep.
private final class Histories: Sendable {
    private struct Reference {
        weak var history: SharedHistory?
    }

    private let known = Mutex<[HistoryConfiguration: Reference]>([:])

    func history(_ configuration: HistoryConfiguration, _ bus: any Bus) -> SharedHistory {
        known.withLock { known in
            if let history = known[configuration]?.history { return history }
            known = known.filter { $0.value.history != nil }
            let history = SharedHistory(configuration, bus)
            known[configuration] = Reference(history: history)
            return history
        }
    }
}
