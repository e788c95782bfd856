package import Logging
package import PluginKit
import Synchronization

/// A history as the handlers that use it see it: opened with the first, closed with the last.
///
/// One that cannot be opened, because the bus is away or its stream is not there, is tried again until it can be.
package final class KeptHistory: Sendable {
    private struct State {
        var users = 0
        var isOpen = false
        /// The last opening or closing that was begun; the next waits for it.
        var turn: Task<Void, Never>?
        var retries: Task<Void, Never>?
    }

    let configuration: HistoryConfiguration
    private let history: any History
    private let bus: any Bus
    private let logger: Logger
    private let pause: Duration
    private let state = Mutex(State())

    /// - Parameter pause: before an opening that failed is tried again.
    package init(_ configuration: HistoryConfiguration, bus: any Bus, logger: Logger, pause: Duration = .seconds(2)) {
        self.configuration = configuration
        history = bus.history(configuration)
        self.bus = bus
        self.logger = logger
        self.pause = pause
    }

    /// Whether it can be read.
    package var isOpen: Bool { state.withLock { $0.isOpen } }

    /// For a client that wants what is kept on `subject`.
    /// - Throws: 404 if nothing is, 503 while it is not open.
    func opened(_ subject: String, _ request: Request) throws(Refusal) -> any History {
        guard configuration.subjects.contains(where: { Subject.covers($0, subject) }) else {
            throw Refusal(404, "nothing is kept on this subject", request)
        }
        guard isOpen else {
            throw Refusal(503, "the history is not available yet", request, retry: 1)
        }
        return history
    }

    /// One more user. Returns when the history is open, or after a failure, with tries under way.
    package func start() async {
        await takeTurn { [self] in
            let isFirst = state.withLock { state in
                state.users += 1
                return state.users == 1
            }
            // While the bus is away, the start need not wait for an answer that cannot come.
            guard isFirst else { return }
            let failure = bus.isAvailable ? await open(after: nil) : "the bus is away"
            guard let failure else { return }
            let retries = Task { await keepTrying(after: failure) }
            state.withLock { $0.retries = retries }
        }
    }

    /// One user less.
    package func stop() async {
        await takeTurn { [self] in
            let (isLast, retries) = state.withLock { state -> (Bool, Task<Void, Never>?) in
                state.users -= 1
                guard state.users == 0 else { return (false, nil) }
                defer { state.retries = nil }
                return (true, state.retries)
            }
            guard isLast else { return }
            retries?.cancel()
            await retries?.value
            state.withLock { $0.isOpen = false }
            await history.close()
        }
    }

    private func takeTurn(_ work: @escaping @Sendable () async -> Void) async {
        let mine = state.withLock { state in
            let before = state.turn
            let mine = Task {
                await before?.value
                await work()
            }
            state.turn = mine
            return mine
        }
        await mine.value
    }

    private func keepTrying(after first: String) async {
        var failure = first
        while true {
            do { try await Task.sleep(for: pause) } catch { return }
            guard bus.isAvailable else { continue }
            guard let next = await open(after: failure) else { return }
            failure = next
        }
    }

    /// - Parameter before: the failure of the last try, which is not logged again.
    /// - Returns: the failure, or nil if it is open.
    private func open(after before: String?) async -> String? {
        do {
            try await history.open()
            state.withLock { $0.isOpen = true }
            return nil
        } catch {
            let failure = "\(error)"
            if failure != before {
                logger.error(
                    "the history cannot be opened, clients get 503 until it can",
                    metadata: ["stream": "\(configuration.stream)", "reason": "\(failure)"])
            }
            return failure
        }
    }
}

/// The histories of one gateway: handlers with equal settings share one, and what is read from it.
final class Histories: Sendable {
    private struct Reference {
        weak var history: KeptHistory?
    }

    private let known = Mutex<[HistoryConfiguration: Reference]>([:])

    init() {}

    func history(_ configuration: HistoryConfiguration, _ context: HandlerContext) -> KeptHistory {
        known.withLock { known in
            if let history = known[configuration]?.history { return history }
            known = known.filter { $0.value.history != nil }
            let history = KeptHistory(configuration, bus: context.bus, logger: context.logger)
            known[configuration] = Reference(history: history)
            return history
        }
    }
}
