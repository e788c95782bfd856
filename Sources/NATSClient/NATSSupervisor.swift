internal import Logging
internal import NIOCore
internal import NIOPosix

/// Keeps a link alive: attempts, links, their ends, and the end of all. Everything here runs on one event loop.
final class NATSSupervisor {
    /// Bytes given to the socket at once. What a link may swallow without trace is bounded by it.
    static let writeLimit = 256 << 10

    let configuration: NATSConfiguration
    let eventLoop: any EventLoop
    let logger: Logger
    let shared: NATSShared

    var pool: NATSServerPool
    private var backoff: NATSBackoff
    /// The link that is ready.
    var link: NATSLink?
    /// The channel on its way to being ready.
    private var attempt: (any Channel)?
    /// Channels that are connecting: a name may have several addresses, of which the first to answer wins.
    private var candidates: [any Channel] = []
    private var retry: Scheduled<Void>?
    /// From the first attempt to the link that comes of it.
    private(set) var isTrying = false
    var move: NATSMove?
    /// While a move's messages may come twice.
    var overlap: NATSOverlap?
    private var attemptsInRound = 0
    private var hasStarted = false
    private var hasBeenReady = false
    /// The kind of trouble that was last told as a warning, since the last link.
    private var warned: String?
    private var readySince = NIODeadline.uptimeNanoseconds(0)
    private var lostSince = ContinuousClock.now
    private var reportedErrors: Set<String> = []

    var isConfirmScheduled = false
    var lastWrite = NIODeadline.uptimeNanoseconds(0)
    /// Of the batch being read.
    var recent: NATSSubscription?
    var received: UInt64 = 0

    var closing = NATSClosing()

    init(configuration: NATSConfiguration, eventLoop: any EventLoop, logger: Logger, shared: NATSShared) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.logger = logger
        self.shared = shared
        pool = NATSServerPool(
            configuration.servers, offset: configuration.randomizesServers ? Int.random(in: 0..<1 << 16) : 0)
        backoff = NATSBackoff(configuration.reconnectWait)
    }

    func start() {
        guard !hasStarted, !closing.isFinished else { return }
        hasStarted = true
        lostSince = .now
        connect()
    }

    func connect() {
        guard !closing.isFinished else { return }
        isTrying = true
        let server = pool.next()
        let certificateName = configuration.tls?.hostname ?? pool.certificateName(of: server)
        let deadline = NIODeadline.now() + TimeAmount(configuration.connectTimeout)
        let loopBound = NIOLoopBound(self, eventLoop: eventLoop)
        attemptsInRound += 1
        ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let supervisor = loopBound.value
                    supervisor.candidates.append(channel)
                    try channel.pipeline.syncOperations.addHandler(
                        NATSLink(
                            server: server, certificateName: certificateName, handshakeDeadline: deadline,
                            supervisor: supervisor))
                }
            }
            .connect(host: server.host, port: server.port)
            .assumeIsolated()
            .whenComplete { self.connected($0, to: server) }
    }

    private func connected(_ result: Result<any Channel, any Error>, to server: NATSServerAddress) {
        candidates = []
        switch result {
        case .success(let channel):
            if closing.isFinished { return channel.close(promise: nil) }
            // From here on the link tells; if it is gone already, it has told nobody.
            guard channel.isActive else { return failed(.closedByServer, server) }
            attempt = channel
        case .failure(let error): failed(.unreachable("\(error)"), server)
        }
    }

    /// An attempt came to nothing, or a link ended: tell, and try again.
    private func failed(_ reason: NATSDisconnectReason, _ server: NATSServerAddress) {
        guard !closing.isFinished else { return }
        // While the old link lives, its end is the news.
        guard link == nil else { return retryLater() }
        let level: Logger.Level = warned == reason.label ? .debug : .warning
        warned = reason.label
        logger.log(level: level, "no NATS server: trying on", metadata: ["server": "\(server)", "reason": "\(reason)"])
        change(.disconnected(reason, since: lostSince))
        if closing.hasBegun, !shared.withLock({ $0.hasWaiting }) { return finish() }
        retryLater()
    }

    func retryLater() {
        isTrying = true
        var wait = Duration.zero
        if attemptsInRound == 0 || attemptsInRound >= pool.servers.count {
            attemptsInRound = 0
            wait = backoff.next()
        }
        retry = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(wait)) { self.connect() }
    }

    /// - Parameter known: subscriptions that the server has already.
    func linkReady(_ link: NATSLink, _ info: NATSServerInfo, known: Set<UInt64> = []) {
        attempt = nil
        isTrying = false
        guard self.link == nil else { return beginMove(to: link, info) }
        self.link = link
        let start = shared.withLock { $0.linkReady(info, known: known) }
        if !start.lines.isEmpty { link.write([ByteBuffer(string: start.lines)]) }
        if hasBeenReady { shared.withLock { $0.counters.reconnects += 1 } }
        becameReady(link, info, discarded: start.discarded)
        if start.needsDrain { drain() }
        if closing.hasBegun { drainLink() }
    }

    func becameReady(_ link: NATSLink, _ info: NATSServerInfo, discarded: Int) {
        attemptsInRound = 0
        reportedErrors = []
        readySince = .now()
        pool.learn(info.connectURLs, from: link.server)
        logReady(link, info, discarded: discarded)
        hasBeenReady = true
        warned = nil
        change(.connected(info))
    }

    private func logReady(_ link: NATSLink, _ info: NATSServerInfo, discarded: Int) {
        logger.info(
            "connected to NATS",
            metadata: [
                "server": "\(link.server)", "version": "\(info.version)", "again": "\(hasBeenReady)",
                "subscriptions": "\(shared.withLock { $0.subscriptions.count })",
            ])
        if discarded > 0 {
            logger.error(
                "publishes that waited are larger than this NATS server takes, and were discarded",
                metadata: ["count": "\(discarded)", "maxPayload": "\(info.maxPayload)"])
        }
    }

    func linkEnded(_ ended: NATSLink, _ channel: any Channel, _ reason: NATSDisconnectReason) {
        guard ended === link else {
            // A candidate that lost tells too, and means nothing.
            if ended === move?.link { return moveFailed(reason) }
            guard channel === attempt else { return }
            attempt = nil
            return failed(reason, ended.server)
        }
        link = nil
        lostSince = .now
        if NIODeadline.now() - readySince >= TimeAmount(configuration.reconnectWait.lowerBound * 4) {
            backoff.reset()
        }
        deliveredBatch()
        let end = shared.withLock { $0.linkEnded() }
        for ping in end.pings { ping.fail(NATSError.connectionLost(reason)) }
        if !closing.isFinished {
            warned = reason.label
            logger.warning(
                "lost the NATS server: trying again",
                metadata: [
                    "server": "\(ended.server)", "reason": "\(reason)", "maybeLost": "\(end.maybeLost)",
                    "waiting": "\(end.waiting)",
                ])
        }
        guard !closing.isFinished, isTrying || move != nil else { return failed(reason, ended.server) }
        // What is under way to leave the server brings the next link.
        change(.disconnected(reason, since: lostSince))
        if !adoptMove(), closing.hasBegun, !shared.withLock({ $0.hasWaiting }) { finish() }
    }

    /// An error that the link outlives: each text is logged once per link, handlers hear all.
    func report(_ error: NATSServerError) {
        if reportedErrors.count < 64, reportedErrors.insert(error.text).inserted {
            logger.warning("the NATS server complains", metadata: ["error": "\(error.text)"])
        }
        for handler in shared.withLock({ $0.errorHandlers }) { handler(error) }
    }

    func change(_ state: NATSState) {
        let handlers = shared.withLock { shared in
            shared.state = state
            return shared.stateHandlers
        }
        for handler in handlers { handler(state) }
    }

    /// Lets go of sockets and timers; the future when the sockets are closed.
    func abandon() -> EventLoopFuture<Void> {
        retry?.cancel()
        let closed =
            [link?.close(), move?.link.close(), attempt?.close()].compactMap { $0 } + candidates.map { $0.close() }
        return EventLoopFuture.andAllComplete(closed, on: eventLoop)
    }
}
