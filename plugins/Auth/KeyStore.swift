package import Logging
internal import Synchronization

/// The keys in force. They are read anew from time to time, and when none of them fits a token; until that has succeeded
/// the old ones stay.
package final class KeyStore: Sendable {
    private struct State {
        /// Nil until they have been read for the first time.
        var keys: [VerificationKey]?
        var isReading = false
        /// How often reading has failed since it succeeded last.
        var failures = 0
        /// What waits for the end of the reading.
        var waiting: [@Sendable () -> Void] = []
        /// When a token last made us read.
        var lastDemand: ContinuousClock.Instant?
        var timer: Task<Void, Never>?
    }

    /// Between two readings that tokens ask for: whoever makes up keys must not make us ask all the time.
    package static let demandInterval = Duration.seconds(10)
    /// Who may wait for the end of a reading at once.
    private static let waitingLimit = 10_000

    package let source: KeySource
    private let interval: Duration
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameter interval: between two readings.
    package init(_ source: KeySource, interval: Duration, logger: Logger) {
        self.source = source
        self.interval = interval
        self.logger = logger
    }

    package var keys: [VerificationKey]? { state.withLock { $0.keys } }

    /// Whether the last reading failed.
    package var isOutOfTouch: Bool { state.withLock { $0.failures > 0 } }

    /// Reads the keys, and goes on doing so. A server that is away is asked again; all else is there by then.
    package func start() async {
        await read()
        guard source.changes else { return }
        let timer = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: pause)
                if !Task.isCancelled { await read() }
            }
        }
        state.withLock { $0.timer = timer }
    }

    package func stop() {
        state.withLock { state in
            state.timer?.cancel()
            state.timer = nil
        }
    }

    /// For a token that no key fits: reads the keys anew and then calls `action` on any thread, whatever came of it.
    ///
    /// Returns false if that would be no use: `action` is not called then.
    package func readAgain(then action: @escaping @Sendable () -> Void) -> Bool {
        guard source.changes else { return false }
        let (waits, begins) = state.withLock { state -> (Bool, Bool) in
            guard state.waiting.count < Self.waitingLimit else { return (false, false) }
            if !state.isReading {
                let now = ContinuousClock.now
                if let last = state.lastDemand, now - last < Self.demandInterval { return (false, false) }
                state.lastDemand = now
            }
            state.waiting.append(action)
            return (true, !state.isReading)
        }
        if begins { Task { await read() } }
        return waits
    }

    /// Until the next reading: sooner after a failure, and less and less so.
    private var pause: Duration {
        let failures = state.withLock { $0.failures }
        return failures == 0 ? interval : min(interval, .seconds(1 << min(failures - 1, 6)))
    }

    /// One at a time.
    private func read() async {
        let begins = state.withLock { state in
            defer { state.isReading = true }
            return !state.isReading
        }
        guard begins else { return }
        let outcome = await outcome()
        let (waiting, failures) = state.withLock { state -> ([@Sendable () -> Void], Int) in
            let failures = state.failures
            switch outcome {
            case .success(let keys):
                state.keys = keys
                state.failures = 0
            case .failure: state.failures += 1
            }
            state.isReading = false
            defer { state.waiting = [] }
            return (state.waiting, failures)
        }
        tell(outcome, failuresBefore: failures)
        for action in waiting { action() }
    }

    private func outcome() async -> Result<[VerificationKey], Problem> {
        do throws(Problem) {
            let set = try await source.read()
            if set.keys.isEmpty {
                let why = set.ignored.first.map { " (\($0))" } ?? ""
                logger.warning("none of the keys for tokens can be used\(why)", metadata: ["from": "\(source.name)"])
            }
            return .success(try await Self.keys(of: set))
        } catch {
            return .failure(error)
        }
    }

    private static func keys(of set: KeySet) async throws(Problem) -> [VerificationKey] {
        var keys: [VerificationKey] = []
        do {
            for material in set.keys { keys.append(try await VerificationKey(material)) }
        } catch {
            throw Problem("\(error)")
        }
        return keys
    }

    private func tell(_ outcome: Result<[VerificationKey], Problem>, failuresBefore: Int) {
        // Stopped in the middle.
        if Task.isCancelled { return }
        switch outcome {
        case .success where failuresBefore == 0: break
        case .success(let keys):
            logger.info("the keys for tokens are back", metadata: ["from": "\(source.name)", "keys": "\(keys.count)"])
        case .failure(let error):
            logger.warning(
                "the keys for tokens cannot be read; those known stay in force",
                metadata: ["from": "\(source.name)", "reason": "\(error.reason)", "known": "\(keys?.count ?? 0)"])
        }
    }
}
