import Messaging
import NIOCore
import NIOPosix
import PluginKit
import Synchronization
import Testing

/// The fan-out on a real event loop, since replays run as tasks.
final class ReplayLoop: Sendable {
    let loop: any EventLoop
    let hub: Hub
    let loopHub: LoopHub

    init(bus: any Bus = EmbeddedBus(), budget: Int = 256 << 20) {
        loop = MultiThreadedEventLoopGroup.singleton.next()
        hub = Hub(bus: bus)
        loopHub = LoopHub(hub: hub, loop: loop, budget: budget)
    }

    /// On the loop, after all that has arrived there.
    @discardableResult
    func run<Result: Sendable>(_ body: @escaping @Sendable (LoopHub) -> Result) async throws -> Result {
        try await loop.submit { [loopHub] in body(loopHub) }.get()
    }

    /// A client that joins these feeds, in order.
    func client(
        limit: Int = 1 << 30, id: UInt64 = 0, framing: Encoding.Framing = .frames(nil), isStuck: Bool = false, _ feeds: Feed...
    ) async throws -> LoopClient {
        let client = try await loop.submit { [loop, loopHub] in
            LoopClient(Client(loopHub, limit: limit, id: id, framing: framing), loop)
        }.get()
        try await client.run { made in
            made.isStuck = isStuck
            for feed in feeds { made.join(feed) }
        }
        return client
    }

    var statistics: FanOutStatistics { get async throws { try await run { $0.statistics } } }
    var retained: Int { get async throws { try await run { $0.retainedBytes } } }
}

/// A client on an event loop, for a test that runs elsewhere.
final class LoopClient: Sendable {
    /// Those who wait for something to be true of the client.
    private final class Waiters {
        var list: [(condition: @Sendable (Client) -> Bool, promise: EventLoopPromise<Void>)] = []

        func look(_ client: Client) {
            list.removeAll { waiter in
                guard waiter.condition(client) else { return false }
                waiter.promise.succeed()
                return true
            }
        }
    }

    private let loop: any EventLoop
    private let client: NIOLoopBound<(Client, Waiters)>

    /// On the loop.
    init(_ client: Client, _ loop: any EventLoop) {
        self.loop = loop
        let waiters = Waiters()
        client.onWrite = { waiters.look($0) }
        client.onEnd = { [unowned client] in waiters.look(client) }
        self.client = NIOLoopBound((client, waiters), eventLoop: loop)
    }

    /// On the loop, after all that has arrived there.
    @discardableResult
    func run<Result: Sendable>(_ body: @escaping @Sendable (Client) -> Result) async throws -> Result {
        try await loop.submit { [client] in body(client.value.0) }.get()
    }

    /// Waits for something that a write, or the end, makes true.
    func until(_ condition: @escaping @Sendable (Client) -> Bool) async throws {
        let promise = loop.makePromise(of: Void.self)
        try await withTaskCancellationHandler {
            try await run(waitingFor: promise, condition)
        } onCancel: {
            promise.fail(CancellationError())
        }
    }

    private func run(
        waitingFor promise: EventLoopPromise<Void>, _ condition: @escaping @Sendable (Client) -> Bool
    ) async throws {
        try await loop.flatSubmit { [client] in
            let (client, waiters) = client.value
            waiters.list.append((condition, promise))
            waiters.look(client)
            return promise.futureResult
        }.get()
    }

    /// Its envelopes, in short.
    var texts: [String] { get async throws { try await run { $0.texts.shortened } } }

    /// Waits until it has so many messages and notices, and returns them.
    func texts(_ count: Int) async throws -> [String] {
        try await until { $0.events.count >= count }
        return try await texts
    }

    /// As a connection that is gone.
    func close() async throws { try await run { $0.close() } }
}

/// Hands things from one task to another, in order.
final class Channel<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var waiting: [(id: Int, continuation: CheckedContinuation<Element, any Error>)] = []
        var lastID = 0
    }

    private let state = Mutex(State())

    func send(_ element: Element) {
        let receiver = state.withLock { state in
            if state.waiting.isEmpty { state.elements.append(element) }
            return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
        }
        receiver?.continuation.resume(returning: element)
    }

    func receive() async throws -> Element {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let element: Element? = state.withLock { state in
                    if state.elements.isEmpty { state.waiting.append((id, continuation)) }
                    return state.elements.isEmpty ? nil : state.elements.removeFirst()
                }
                if let element { continuation.resume(returning: element) } else if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func cancel(_ id: Int) {
        let receiver = state.withLock { state in
            state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
        }
        receiver?.continuation.resume(throwing: CancellationError())
    }
}

/// A history that does what the test says, when it says so.
final class ScriptedHistory: History {
    /// What the engine asked of it.
    enum Request: Sendable, Equatable {
        case follow(String)
        case unfollow(String)
        case reader(String, HistoryStart)
        case next
        case close
    }

    private struct Subscription: BusSubscription {
        let history: ScriptedHistory
        let subject: String

        func cancel() {
            history.follower.withLock { $0 = nil }
            history.requests.send(.unfollow(subject))
        }
    }

    private struct Reader: HistoryReader {
        let history: ScriptedHistory

        func next(_ count: Int) async throws -> HistoryBatch {
            history.requests.send(.next)
            return try await history.answers.receive().get()
        }

        func close() { history.requests.send(.close) }
    }

    private let follower = Mutex<(@Sendable (HistoryEvent) -> Void)?>(nil)
    private let answers = Channel<Result<HistoryBatch, any Error>>()
    let requests = Channel<Request>()

    func open() async throws {}
    func close() async {}

    func follow(
        _ subject: String, deliver: @escaping @Sendable (HistoryEvent) -> Void
    ) -> any BusSubscription {
        follower.withLock { $0 = deliver }
        requests.send(.follow(subject))
        return Subscription(history: self, subject: subject)
    }

    func reader(_ subject: String, from start: HistoryStart) async throws -> any HistoryReader {
        requests.send(.reader(subject, start))
        return Reader(history: self)
    }

    // MARK: The test's side

    /// What comes live.
    func tell(_ events: HistoryEvent...) {
        for event in events { follower.withLock { $0 }?(event) }
    }

    /// Answers what is read next.
    func answer(_ batch: HistoryBatch) { answers.send(.success(batch)) }
    func answer(_ error: any Error) { answers.send(.failure(error)) }

    /// Waits until these have been asked for, and nothing else before.
    func expect(_ expected: Request..., sourceLocation: SourceLocation = #_sourceLocation) async throws {
        for request in expected {
            let asked = try await requests.receive()
            try #require(asked == request, sourceLocation: sourceLocation)
        }
    }
}

extension HistoryToken {
    static func e(_ sequence: UInt64) -> HistoryToken { HistoryToken(epoch: "e", sequence: sequence) }
    /// Of another life.
    static func f(_ sequence: UInt64) -> HistoryToken { HistoryToken(epoch: "f", sequence: sequence) }
}

extension HistoryEvent {
    static func message(_ sequence: UInt64, _ text: String? = nil, origin: UInt64 = 0) -> HistoryEvent {
        .message(BusMessage(kept: sequence, text, origin: origin))
    }
}

extension BusMessage {
    /// Its text is its number, unless it has another.
    init(kept sequence: UInt64, _ text: String? = nil, origin: UInt64 = 0) {
        self.init(
            subject: "s", payload: Payload(text: text ?? "\(sequence)"), origin: origin,
            position: StreamPosition(sequence: sequence, time: 0))
    }
}

extension HistoryBatch {
    static func of(
        _ sequences: [UInt64], to position: HistoryToken, isAtEnd: Bool = true, hasGap: Bool = false, prefix: String = ""
    ) -> HistoryBatch {
        HistoryBatch(
            messages: sequences.map { BusMessage(kept: $0, prefix + "\($0)") }, position: position, isAtEnd: isAtEnd,
            hasGap: hasGap)
    }
}
