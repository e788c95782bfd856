public import Logging
public import NIOCore

/// A connection to a NATS server or cluster: publish and subscribe, from any thread, whatever becomes of the link.
///
/// - It connects when started and again whenever the link is lost, with growing waits, until ``close()``.
/// - Subscriptions are restored on each new link, before what was published meanwhile is sent.
/// - Publishes wait in a bounded buffer while there is no link, or the server does not read. What does not fit is
///   refused to the caller; what a dying link may have swallowed is counted (``NATSStatistics/maybeLost``).
/// - Handlers run on the event loop and must not block it. Close it before its event loop is shut down.
public final class NATSConnection: Sendable {
    public let configuration: NATSConfiguration
    let eventLoop: any EventLoop
    let logger: Logger
    private let shared: NATSShared
    let requests: NATSRequests
    let observers = NATSObservers()
    let looks: NIOLoopBoundBox<NATSStreamLooks>
    private let supervisor: NIOLoopBoundBox<NATSSupervisor>

    /// Connects to nothing yet.
    ///
    /// - Parameter eventLoop: of NIOPosix.
    public init(configuration: NATSConfiguration, eventLoop: any EventLoop, logger: Logger) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.logger = logger
        let shared = NATSShared(bufferLimit: configuration.outageBufferSize)
        self.shared = shared
        let requests = NATSRequests(eventLoop: eventLoop, inboxPrefix: configuration.inboxPrefix)
        self.requests = requests
        looks = .makeBoxSendingValue(NATSStreamLooks(eventLoop: eventLoop), eventLoop: eventLoop)
        supervisor = .makeBoxSendingValue(
            NATSSupervisor(configuration: configuration, eventLoop: eventLoop, logger: logger, shared: shared),
            eventLoop: eventLoop)
        shared.withLock { [observers] in
            $0.stateHandlers = [{ requests.stateChanged($0) }, { observers.stateChanged($0) }]
        }
    }

    /// Begins to connect and returns at once. It does nothing the second time, or after ``close()``.
    public func start() {
        eventLoop.execute { [supervisor] in supervisor.value.start() }
    }

    public var state: NATSState { shared.withLock { $0.state } }

    public var statistics: NATSStatistics { shared.withLock { $0.statistics } }

    /// Calls `handler` on the event loop at each change from now on, in order, until the connection is closed.
    public func onStateChange(_ handler: @escaping @Sendable (NATSState) -> Void) {
        shared.withLock { $0.stateHandlers.append(handler) }
    }

    /// Calls `handler` on the event loop with the state as it is then, and at each change, in order, until the
    /// observation is cancelled or the connection closed.
    public func observe(_ handler: @escaping @Sendable (NATSState) -> Void) -> NATSObservation {
        let observation = NATSObservation(observers)
        eventLoop.execute { observation.begin(with: self.state, handler) }
        return observation
    }

    /// Calls `handler` on the event loop for each error of the server that the link outlives: a subject that is not
    /// allowed, for one.
    public func onServerError(_ handler: @escaping @Sendable (NATSServerError) -> Void) {
        shared.withLock { $0.errorHandlers.append(handler) }
    }

    /// Hands a message over without blocking; any thread. Messages of one thread keep their order.
    ///
    /// - Parameter headers: names of visible ASCII without a colon, values without line breaks; spaces around a value
    ///   do not survive.
    public func publish(
        subject: String, headers: [(String, String)] = [], payload: [UInt8], reply: String? = nil
    ) -> NATSPublishResult {
        switch Self.publication(subject, headers, payload, reply) {
        case .failure(let refusal): return shared.withLock { $0.refuse(refusal) }
        case .success(let publication):
            let (result, needsDrain) = shared.withLock { $0.publish(publication) }
            if needsDrain { drainSoon() }
            return result
        }
    }

    /// Publishes only if there is a link to take it now. Returns why not.
    func publishNow(
        subject: String, headers: [(String, String)], payload: [UInt8], reply: String
    ) -> NATSRequestError? {
        switch Self.publication(subject, headers, payload, reply) {
        case .failure(let refusal):
            _ = shared.withLock { $0.refuse(refusal) }
            return .refused(refusal)
        case .success(let publication):
            let published = shared.withLock { $0.isReady || $0.isClosing ? $0.publish(publication) : nil }
            guard let published else { return .disconnected }
            if published.needsDrain { drainSoon() }
            guard case .refused(let refusal) = published.result else { return nil }
            return refusal == .closed ? .closed : .refused(refusal)
        }
    }

    private static func publication(
        _ subject: String, _ headers: [(String, String)], _ payload: [UInt8], _ reply: String?
    ) -> Result<NATSPublication, NATSRefusal> {
        guard NATSSubject.isValid(subject), reply.map({ NATSSubject.isValid($0) }) ?? true else {
            return .failure(.badSubject)
        }
        guard let block = headers.isEmpty ? [] : NATSHeaderBlock.encode(headers) else { return .failure(.badHeader) }
        return .success(NATSPublication(subject: subject, reply: reply, headers: block, payload: payload))
    }

    /// Delivers what is published on `subject` (`*` one token, `>` the rest) from now on.
    ///
    /// - Parameters:
    ///   - queue: the members of a queue group share the messages.
    ///   - deliver: called on the event loop, in the order of the server; must not block.
    /// - Returns: the subscription, which has a ``NATSSubscription/refusal`` if it could not be made.
    public func subscribe(
        subject: String, queue: String? = nil, deliver: @escaping @Sendable (NATSMessage) -> Void
    ) -> NATSSubscription {
        guard NATSSubject.isValid(subject, wildcards: true), queue.map(NATSSubject.isValidQueue) ?? true else {
            return NATSSubscription(subject: subject, queue: queue, refusal: .badSubject)
        }
        let made = shared.withLock { shared in
            shared.subscribe { number in
                NATSSubscription(subject: subject, queue: queue, number: number, connection: self, deliver: deliver)
            }
        }
        guard let made else { return NATSSubscription(subject: subject, queue: queue, refusal: .closed) }
        if made.needsDrain { drainSoon() }
        return made.subscription
    }

    func unsubscribe(_ number: UInt64) {
        if shared.withLock({ $0.unsubscribe(number) }) { drainSoon() }
    }

    /// Returns when the server has everything that was published and subscribed before the call.
    ///
    /// - Throws: ``NATSError``. `disconnected` without a link, `connectionLost` when it dies meanwhile: then it is not
    ///   known what arrived.
    public func flush(timeout: Duration = .seconds(10)) async throws {
        let promise = eventLoop.makePromise(of: Void.self)
        let (pinged, isClosing) = shared.withLock { ($0.ping(promise), $0.isClosing) }
        guard let pinged else {
            promise.fail(isClosing ? NATSError.closed : NATSError.disconnected)
            return try await promise.futureResult.get()
        }
        if pinged { drainSoon() }
        try await answer(promise, within: timeout)
    }

    /// Tells the server that a subscription has ended, and returns when all is delivered that it sent before.
    func drain(_ number: UInt64, timeout: Duration) async throws {
        let promise = eventLoop.makePromise(of: Void.self)
        guard let needsDrain = shared.withLock({ $0.drain(number, promise) }) else {
            promise.fail(NATSError.disconnected)
            return try await promise.futureResult.get()
        }
        if needsDrain { drainSoon() }
        defer { shared.withLock { $0.drained(number) } }
        try await answer(promise, within: timeout)
    }

    private func answer(_ promise: EventLoopPromise<Void>, within timeout: Duration) async throws {
        let deadline = eventLoop.scheduleTask(in: TimeAmount(timeout)) { promise.fail(NATSError.timeout) }
        defer { deadline.cancel() }
        try await promise.futureResult.get()
    }

    /// Refuses further publishes, sends what waits within ``NATSConfiguration/drainTimeout``, and ends the connection.
    ///
    /// What could not be sent is counted (``NATSStatistics/discarded``) and logged.
    public func close() async {
        shared.withLock { $0.isClosing = true }
        let promise = eventLoop.makePromise(of: Void.self)
        eventLoop.execute { [supervisor] in supervisor.value.close(promise) }
        // It never fails: a socket that is closed already is closed.
        try? await promise.futureResult.get()
    }

    /// One flush per turn of the event loop, however many publish before it comes.
    private func drainSoon() {
        eventLoop.execute { [supervisor] in supervisor.value.drain() }
    }
}
