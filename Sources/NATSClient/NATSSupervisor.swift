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
    private var attemptsInRound = 0
    private var hasStarted = false
    private var hasBeenReady = false
    private var hasWarned = false
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

    private func connect() {
        guard !closing.isFinished else { return }
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
        let level: Logger.Level = hasWarned ? .debug : .warning
        hasWarned = true
        logger.log(level: level, "no NATS server: trying on", metadata: ["server": "\(server)", "reason": "\(reason)"])
        change(.disconnected(reason, since: lostSince))
        if closing.hasBegun, !shared.withLock({ $0.hasWaiting }) { return finish() }
        retryLater()
    }

    private func retryLater() {
        var wait = Duration.zero
        if attemptsInRound == 0 || attemptsInRound >= pool.servers.count {
            attemptsInRound = 0
            wait = backoff.next()
        }
        retry = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(wait)) { self.connect() }
    }

    func linkReady(_ link: NATSLink, _ info: NATSServerInfo) {
        attempt = nil
        self.link = link
        attemptsInRound = 0
        reportedErrors = []
        readySince = .now()
        pool.learn(info.connectURLs, from: link.server)
        let start = shared.withLock { $0.linkReady(info) }
        let lines = start.subscriptions.map {
            NATSCommand.subscribe($0.number, subject: $0.subject, queue: $0.queue)
        }
        if !lines.isEmpty { link.write([ByteBuffer(string: lines.joined())]) }
        if hasBeenReady { shared.withLock { $0.counters.reconnects += 1 } }
        logReady(link, info, subscriptions: lines.count, discarded: start.discarded)
        hasBeenReady = true
        hasWarned = false
        change(.connected(info))
        if start.needsDrain { drain() }
        if closing.hasBegun { drainLink() }
    }

    private func logReady(_ link: NATSLink, _ info: NATSServerInfo, subscriptions: Int, discarded: Int) {
        logger.info(
            "connected to NATS",
            metadata: [
                "server": "\(link.server)", "version": "\(info.version)", "subscriptions": "\(subscriptions)",
                "again": "\(hasBeenReady)",
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
            hasWarned = true
            logger.warning(
                "lost the NATS server: trying again",
                metadata: [
                    "server": "\(ended.server)", "reason": "\(reason)", "maybeLost": "\(end.maybeLost)",
                    "waiting": "\(end.waiting)",
                ])
        }
        failed(reason, ended.server)
    }

    func update(_ info: NATSServerInfo, of link: NATSLink) {
        pool.learn(info.connectURLs, from: link.server)
        shared.withLock { $0.maxPayload = info.maxPayload }
        if info.isLameDuck { logger.notice("the NATS server is about to stop") }
        change(.connected(info))
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
        let closed = [link?.close(), attempt?.close()].compactMap { $0 } + candidates.map { $0.close() }
        return EventLoopFuture.andAllComplete(closed, on: eventLoop)
    }
}
