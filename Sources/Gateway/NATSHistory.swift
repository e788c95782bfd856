import Logging
import NATSClient
import PluginKit
import Synchronization

/// A JetStream stream as its users see it.
///
/// It is opened on the spot if it can be, else as soon as it can be; and again, with whatever has to be made, when the
/// stream turns out to be gone.
final class NATSHistory: History {
    private enum Phase {
        case closed
        /// Tried until it is there; why it is not yet.
        case opening(problem: String, Task<Void, Never>)
        case open
    }

    let bus: NATSBus
    let configuration: HistoryConfiguration
    private let phase = Mutex(Phase.closed)
    private let observation = Mutex<NATSObservation?>(nil)
    private let stall = Mutex<String?>(nil)

    /// Requests are answered at once or not at all.
    var jetStream: NATSJetStream { NATSJetStream(bus.connection, timeout: .seconds(2)) }
    var stream: String { configuration.stream }

    init(bus: NATSBus, configuration: HistoryConfiguration) {
        self.bus = bus
        self.configuration = configuration
    }

    // MARK: Opening

    func open() async throws {
        guard isClosed else { return }
        let deadline = ContinuousClock.now + .seconds(1)
        let setup = NATSStreamSetup(jetStream: jetStream, configuration: configuration)
        while true {
            do throws(NATSStreamSetup.Problem) {
                bus.streams.learn(try await setup.findOrMake())
                phase.withLock { $0 = .open }
                return observeLink()
            } catch {
                if error.isFinal { throw BusFailure.refused(error.text) }
                // A server takes connections a moment before it takes requests.
                guard bus.isAvailable, ContinuousClock.now < deadline else {
                    phase.withLock { $0 = .opening(problem: error.text, keepOpening(error.text)) }
                    return observeLink()
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// A server that comes back may have lost what it stored.
    private func observeLink() {
        let observation = bus.connection.observe { [weak self] state in
            if state.isConnected { Task { await self?.looksAgain() } }
        }
        self.observation.withLock { $0 = observation }
    }

    private func looksAgain() async {
        do throws(NATSJetStreamError) {
            bus.streams.learn(try await jetStream.stream(stream))
        } catch {
            if error.errorCode == NATSJetStreamAPIError.streamNotFound { streamIsGone() }
        }
    }

    private func keepOpening(_ problem: String, after delay: Duration = .zero) -> Task<Void, Never> {
        bus.logger.warning(
            "the history cannot be opened yet: trying on", metadata: ["stream": "\(stream)", "reason": "\(problem)"])
        return Task { [weak self] in
            var backoff = NATSBackoff(.milliseconds(50)...(.seconds(2)))
            try? await Task.sleep(for: delay)
            while !Task.isCancelled, await self?.triesAgain() == true {
                try? await Task.sleep(for: backoff.next())
            }
        }
    }

    /// One attempt. Returns whether another has to follow.
    private func triesAgain() async -> Bool {
        do throws(NATSStreamSetup.Problem) {
            let info = try await NATSStreamSetup(jetStream: jetStream, configuration: configuration).findOrMake()
            let before = phase.withLock { phase -> String? in
                guard case .opening(let problem, _) = phase else { return nil }
                phase = .open
                return problem
            }
            bus.streams.learn(info)
            if let before {
                bus.logger.info("the history is open", metadata: ["stream": "\(stream)", "was": "\(before)"])
            }
            return false
        } catch {
            let news = phase.withLock { phase -> String? in
                guard case .opening(let problem, let task) = phase else { return nil }
                phase = .opening(problem: error.text, task)
                return problem == error.text ? nil : error.text
            }
            if let news {
                let level: Logger.Level = error.isFinal ? .error : .warning
                bus.logger.log(
                    level: level, "the history cannot be opened",
                    metadata: ["stream": "\(stream)", "reason": "\(news)"])
            }
            return true
        }
    }

    /// The server says that there is no such stream any more. Who deleted it gets a second to make another.
    func streamIsGone() {
        bus.streams.forget(stream)
        phase.withLock { phase in
            guard case .open = phase else { return }
            let problem = "the stream '\(stream)' is gone"
            phase = .opening(problem: problem, keepOpening(problem, after: .seconds(1)))
        }
    }

    /// Why followers hear nothing, where that is not the link's fault; nil when they hear again. Each of them tells.
    func followersAreStalled(by problem: String?) {
        let isNews = stall.withLock { stall in
            defer { stall = problem }
            return stall != problem
        }
        guard isNews, let problem else { return }
        bus.logger.warning(
            "a history does not come: trying on", metadata: ["stream": "\(stream)", "reason": "\(problem)"])
    }

    func close() async {
        phase.withLock { phase in
            if case .opening(_, let task) = phase { task.cancel() }
            phase = .closed
        }
        observation.withLock { observation in
            observation?.cancel()
            observation = nil
        }
    }

    private var isClosed: Bool { phase.withLock { if case .closed = $0 { true } else { false } } }

    // MARK: Reading

    func follow(_ subject: String, deliver: @escaping @Sendable (HistoryEvent) -> Void) -> any BusSubscription {
        if let problem = Subject.subscribeProblem(subject) { return bus.refused(subject, problem) }
        if isClosed { return bus.refused(subject, "the history '\(stream)' is not open") }
        return NATSFollowing(self, subject, deliver)
    }

    func reader(_ subject: String, from start: HistoryStart) async throws -> any HistoryReader {
        if let problem = Subject.subscribeProblem(subject) { throw BusFailure.refused(problem) }
        switch phase.withLock({ $0 }) {
        case .closed: throw BusFailure.refused("the history '\(stream)' is not open")
        case .opening(let problem, _): throw BusFailure.refused("the history cannot be read yet: \(problem)")
        case .open: break
        }
        let reader = NATSHistoryReader(self, subject, start)
        try await reader.begin()
        return reader
    }
}
