internal import NIOCore

/// The work of a ``NATSOrderedConsumer``. Everything here runs on one event loop.
///
/// A round is one consumer on the server: ask for the stream, make the consumer, take what it sends. Whatever goes
/// wrong ends the round; the next begins at once or, if rounds come to nothing, after a wait. What belongs to an ended
/// round is not looked at.
final class NATSOrderedReading {
    /// What it means that the sequences of two messages do not follow each other.
    enum HoleMeaning {
        /// Messages were replaced by later ones of their subject.
        case nothing
        /// All that is stored should come: what does not has left the stream.
        case loss
        /// Messages on other subjects, or such as have left.
        case unknown
    }

    private enum Phase {
        /// Between rounds.
        case waiting
        /// The API was asked. Messages may come before its answer, and wait.
        case asking
        /// Before the first message of a round that begins where the server found it should.
        case awaitingFirst(NATSStreamInfo, pending: UInt64)
        case reading
        case cancelled
    }

    let jetStream: NATSJetStream
    let stream: String
    private(set) var configuration: NATSConsumerConfiguration
    private let heartbeat: TimeAmount
    private let handle: @Sendable (NATSStreamEvent) -> Void
    private let eventLoop: any EventLoop

    private var phase = Phase.waiting
    private var round = 0
    private var subscription: NATSSubscription?
    /// What the server calls the consumer of this round, once it has said so.
    private var consumer: String?
    private var early: [NATSMessage] = []
    /// When the stream that is being read was made.
    private(set) var created: NATSTimestamp?
    /// The last sequence in the stream that was given or passed over; nil until there is a place to go on from.
    private(set) var last: UInt64?
    private(set) var holeMeaning = HoleMeaning.unknown
    var holes = NATSStreamHoles()
    /// A look at the stream is due or under way.
    var isLooking = false
    /// How long a look may wait for others.
    var patience = TimeAmount.milliseconds(2)
    /// The sequence of the consumer that comes next.
    private var expected: UInt64 = 1
    private var lastHeard = NIODeadline.now()
    private var watch: RepeatedTask?
    private var retry: Scheduled<Void>?
    private var backoff = NATSBackoff(.milliseconds(50)...(.seconds(2)))
    /// How often in a row the stream seemed to have lost what it had.
    private var doubts = 0
    private var isReplicated = false
    private var stalled: NATSJetStreamError?
    private var observer: UInt64?

    init(
        _ jetStream: NATSJetStream, stream: String, configuration: NATSConsumerConfiguration, heartbeat: Duration,
        handle: @escaping @Sendable (NATSStreamEvent) -> Void
    ) {
        self.jetStream = jetStream
        self.stream = stream
        self.configuration = configuration
        self.heartbeat = TimeAmount(heartbeat)
        self.handle = handle
        eventLoop = jetStream.connection.eventLoop
    }

    private var isCancelled: Bool { if case .cancelled = phase { true } else { false } }

    func start() {
        guard !isCancelled else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        observer = jetStream.connection.observers.add { bound.value.stateChanged($0) }
        watch = eventLoop.scheduleRepeatedTask(initialDelay: heartbeat, delay: heartbeat) { _ in bound.value.check() }
        begin()
    }

    func cancel() {
        endRound()
        phase = .cancelled
        watch?.cancel()
        if let observer { jetStream.connection.observers.remove(observer) }
    }

    private func stateChanged(_ state: NATSState) {
        switch state {
        case .connecting: break
        case .connected: if case .waiting = phase { begin() }
        case .disconnected(let reason, _):
            // The inbox of a dead round must not be subscribed again with the next link.
            endRound()
            stall(.request(.connectionLost(reason)))
        case .closed:
            stall(.request(.closed))
            cancel()
        }
    }

    private func check() {
        switch phase {
        case .reading, .awaitingFirst: if NIODeadline.now() - lastHeard > heartbeat * 3 { begin() }
        case .waiting, .asking, .cancelled: break
        }
    }

    private func endRound() {
        round += 1
        retry?.cancel()
        subscription?.cancel()
        subscription = nil
        if let consumer { forget(consumer) }
        consumer = nil
        early = []
        if !isCancelled { phase = .waiting }
    }

    /// The server need not wait until it finds that nobody listens.
    private func forget(_ consumer: String) {
        jetStream.call("CONSUMER.DELETE.\(stream).\(consumer)") { _ in }
    }

    private func begin() {
        guard !isCancelled else { return }
        endRound()
        phase = .asking
        let (bound, round) = (NIOLoopBound(self, eventLoop: eventLoop), self.round)
        jetStream.call("STREAM.INFO.\(stream)") { answer in
            if bound.value.round == round { bound.value.found(answer) }
        }
    }

    private func beginLater() {
        endRound()
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        retry = eventLoop.scheduleTask(in: TimeAmount(backoff.next())) { bound.value.begin() }
    }

    private func failed(_ error: NATSJetStreamError) {
        if error.errorCode == NATSJetStreamAPIError.streamNotFound, created != nil, isCertain() { reset(.deleted) }
        stall(error)
        if !isCancelled { beginLater() }
    }

    private func found(_ answer: Result<NATSJSON, NATSJetStreamError>) {
        switch answer.flatMap(NATSStreamInfo.decode) {
        case .failure(let error): failed(error)
        case .success(let info):
            if info.created == created, info.lastSequence < last ?? 0, !isCertain() { return beginLater() }
            doubts = 0
            compare(with: info)
            if !isCancelled { make(info) }
        }
    }

    /// A cluster that has just changed its leader may have yet to hear of what it has: it is asked again first. A
    /// single server is believed, before something new takes the place of what it lost.
    private func isCertain() -> Bool {
        doubts += 1
        return doubts > 3 || !isReplicated
    }

    /// Is it still the stream that was read, and does it have what comes next?
    private func compare(with info: NATSStreamInfo) {
        if let created, created != info.created {
            reset(.recreated)
        } else if let last, info.lastSequence < last {
            reset(.rewound)
            configuration.start = .new
        } else if let last, info.firstSequence > max(last, holes.floor) + 1 {
            self.last = info.firstSequence - 1
            tell(.skipped(max(last, holes.floor) + 1...info.firstSequence - 1))
        }
        created = info.created
        isReplicated = info.configuration.replicas > 1
        patience = info.patience
        holeMeaning = meaning(of: info.configuration)
    }

    private func reset(_ reset: NATSStreamReset) {
        created = nil
        last = nil
        holes = NATSStreamHoles()
        // Whatever a stream of the same name has, it is new to us.
        configuration.start = .all
        tell(.reset(reset))
    }

    /// Makes a consumer that begins where the last one ended. Where it can be said by number it is: then it does not
    /// matter what is stored between the two questions.
    private func make(_ info: NATSStreamInfo) {
        let inbox = NATSInbox.unique(jetStream.connection.configuration.inboxPrefix)
        let (bound, round) = (NIOLoopBound(self, eventLoop: eventLoop), self.round)
        var configuration = configuration.completed(by: info)
        let after = last ?? configuration.start.place(in: info)
        if let after { configuration.start = .sequence(after + 1) }
        configuration.deliverSubject = inbox
        expected = 1
        subscription = jetStream.connection.subscribe(subject: inbox) { message in
            if bound.value.round == round { bound.value.take(message) }
        }
        jetStream.call(
            NATSJetStream.creation(of: configuration, stream), NATSJetStream.creationBody(configuration, stream)
        ) { answer in
            let made = answer.flatMap(NATSConsumerInfo.decode)
            if bound.value.round == round { return bound.value.made(made, info, after: after) }
            if case .success(let consumer) = made { bound.value.forget(consumer.name) }
        }
    }

    private func made(
        _ answer: Result<NATSConsumerInfo, NATSJetStreamError>, _ info: NATSStreamInfo, after: UInt64?
    ) {
        switch answer {
        case .failure(let error): return failed(error)
        case .success(let consumer):
            lastHeard = .now()
            self.consumer = consumer.name
            let pending = consumer.pending + consumer.deliveredCount
            // Nothing that the server could have chosen: then all there will be lies behind the latest.
            if let after = after ?? (pending == 0 ? info.lastSequence : nil) {
                goOn(after: after, info, pending: pending)
            } else {
                phase = .awaitingFirst(info, pending: pending)
            }
        }
        let (messages, round) = (early, self.round)
        early = []
        for message in messages where self.round == round { take(message) }
    }

    private func goOn(after: UInt64, _ info: NATSStreamInfo, pending: UInt64) {
        phase = .reading
        let isFirst = last == nil
        last = after
        let wasStalled = stalled != nil
        stalled = nil
        if isFirst {
            tell(.started(NATSStreamPosition(after: after, pending: pending, stream: info)))
        } else if wasStalled {
            tell(.resumed)
        }
    }

    private func take(_ message: NATSMessage) {
        if case .asking = phase { return early.append(message) }
        lastHeard = .now()
        if let status = message.status { return take(status, message) }
        // Anybody may write to an inbox; only what a stream sends has such a reply.
        guard let ack = message.reply.flatMap(NATSAckSubject.init) else { return }
        guard ack.consumerSequence == expected else { return begin() }
        if case .awaitingFirst(let info, let pending) = phase {
            goOn(after: ack.streamSequence - 1, info, pending: pending)
        }
        guard case .reading = phase, let last else { return }
        // The numbers of another stream: the next round finds out.
        guard ack.streamSequence > last else { return beginLater() }
        expected += 1
        passed(ack.streamSequence, after: last)
        self.last = ack.streamSequence
        backoff.reset()
        tell(.message(NATSStreamMessage(message, ack)))
    }

    /// Words of the consumer itself: idle heartbeats, flow control, its end.
    private func take(_ status: NATSStatus, _ message: NATSMessage) {
        guard status.code == 100 else { return beginLater() }
        if let reply = message.reply ?? message.headers.first("Nats-Consumer-Stalled") {
            // Everything before it has been given: the consumer may go on. What is refused it asks for again.
            _ = jetStream.connection.publish(subject: reply, payload: [])
        }
        guard let sent = message.headers.first("Nats-Last-Consumer").flatMap({ UInt64($0) }) else { return }
        if sent >= expected { return begin() }
        backoff.reset()
        if message.reply == nil { idle() }
    }

    private func stall(_ error: NATSJetStreamError) {
        guard !isCancelled, error != stalled else { return }
        stalled = error
        tell(.stalled(error))
    }

    func tell(_ event: NATSStreamEvent) {
        if !isCancelled { handle(event) }
    }
}
