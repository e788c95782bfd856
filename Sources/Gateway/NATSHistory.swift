import Logging
import NATSClient
import PluginKit
import Synchronization

/// A JetStream stream as its users see it.
///
/// It is opened on the spot if it can be, else as soon as it can be; and again, with whatever has to be made, when it is
/// found that the stream is gone.
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
        guard case .closed = phase.withLock({ $0 }) else { return }
        let deadline = ContinuousClock.now + .seconds(1)
        let setup = NATSStreamSetup(jetStream: jetStream, configuration: configuration)
        while true {
            do throws(NATSStreamSetup.Problem) {
                opened(try await setup.findOrMake(), after: nil)
                return phase.withLock { $0 = .open }
            } catch {
                if error.isFinal { throw BusFailure.refused(error.text) }
                // A server takes connections a moment before it takes requests.
                guard bus.isAvailable, ContinuousClock.now < deadline else {
                    return phase.withLock { $0 = .opening(problem: error.text, keepOpening(error.text)) }
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    private func opened(_ info: NATSStreamInfo, after problem: String?) {
        bus.streams.learn(info)
        if let problem {
            bus.logger.info("the history is open", metadata: ["stream": "\(stream)", "was": "\(problem)"])
        }
    }

    private func keepOpening(_ problem: String) -> Task<Void, Never> {
        bus.logger.warning(
            "the history cannot be opened yet: trying on", metadata: ["stream": "\(stream)", "reason": "\(problem)"])
        return Task { [weak self] in
            var backoff = NATSBackoff(.milliseconds(50)...(.seconds(2)))
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
            if let before { opened(info, after: before) }
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

    /// The server says that there is no such stream any more.
    func streamIsGone() {
        bus.streams.forget(stream)
        phase.withLock { phase in
            guard case .open = phase else { return }
            let problem = "the stream '\(stream)' is gone"
            phase = .opening(problem: problem, keepOpening(problem))
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
