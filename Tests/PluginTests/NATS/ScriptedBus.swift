import PluginKit
import Synchronization
import TestSupport

/// A bus that answers what the test says and remembers what it was asked.
final class ScriptedBus: Bus {
    private struct Subscription: BusSubscription {
        func cancel() {}
    }

    let isAvailable: Bool
    private let result: PublishResult
    private let messages = Mutex<[BusMessage]>([])
    private let subjects = Mutex<[String]>([])
    private let made = Mutex<[ScriptedHistory]>([])

    private let historyFailures: Int

    /// - Parameter historyFailures: how often a history cannot be opened.
    init(isAvailable: Bool = true, result: PublishResult = .accepted, historyFailures: Int = 0) {
        self.isAvailable = isAvailable
        self.result = result
        self.historyFailures = historyFailures
    }

    var published: [BusMessage] { messages.withLock { $0 } }
    var subscribed: [String] { subjects.withLock { $0 } }
    /// In the order they were asked for.
    var histories: [ScriptedHistory] { made.withLock { $0 } }

    func publish(_ message: BusMessage) -> PublishResult {
        messages.withLock { $0.append(message) }
        return result
    }

    func subscribe(
        _ subject: String, queue: String?, deliver: @escaping @Sendable (BusMessage) -> Void
    ) -> any BusSubscription {
        subjects.withLock { $0.append(subject) }
        return Subscription()
    }

    func history(_ configuration: HistoryConfiguration) -> any History {
        let history = ScriptedHistory(configuration, failures: historyFailures)
        made.withLock { $0.append(history) }
        return history
    }
}

/// A history that can be opened when the test says so, and keeps nothing.
final class ScriptedHistory: History {
    private struct State {
        var failures = 0
        var opened = 0
        var closed = 0
    }

    let configuration: HistoryConfiguration
    private let state = Mutex(State())

    init(_ configuration: HistoryConfiguration, failures: Int = 0) {
        self.configuration = configuration
        state.withLock { $0.failures = failures }
    }

    /// How often it was opened in earnest, and closed.
    var counts: [Int] { state.withLock { [$0.opened, $0.closed] } }

    func open() async throws {
        let fails = state.withLock { state in
            defer { state.failures -= 1 }
            if state.failures <= 0 { state.opened += 1 }
            return state.failures > 0
        }
        if fails { throw BusFailure.refused("the stream is not there") }
    }

    func close() async { state.withLock { $0.closed += 1 } }

    func follow(_ subject: String, deliver: @escaping @Sendable (HistoryEvent) -> Void) -> any BusSubscription {
        fatalError("not used")
    }

    func reader(_ subject: String, from start: HistoryStart) async throws -> any HistoryReader {
        fatalError("not used")
    }
}
