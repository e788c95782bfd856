internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// One TCP connection to a server: feeds the parser and the session, and does what the session decides.
///
/// It lives on its event loop. Its end is reported once, whichever side it came from.
final class NATSLink: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let server: NATSServerAddress
    private let supervisor: NATSSupervisor
    private let handshakeDeadline: NIODeadline
    private var parser: NATSParser
    private var session: NATSSession
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    private var reason: NATSDisconnectReason?
    private let certificateName: String
    private var tls = TLSStage.none
    private var isReady = false

    private enum TLSStage { case none, starting, running }

    init(
        server: NATSServerAddress, certificateName: String, handshakeDeadline: NIODeadline, supervisor: NATSSupervisor
    ) {
        self.server = server
        self.certificateName = certificateName
        self.handshakeDeadline = handshakeDeadline
        self.supervisor = supervisor
        var limits = NATSParser.Limits()
        limits.payload = supervisor.configuration.maximumIncomingPayload
        parser = NATSParser(limits: limits)
        let tls = supervisor.configuration.tls
        session = NATSSession(
            maxPingsOut: supervisor.configuration.maxPingsOut, wantsTLS: tls != nil,
            isSecure: tls?.handshakeFirst ?? false)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: handshakeDeadline) {
            self.perform(self.session.handle(.handshakeDeadline))
        }
        if supervisor.configuration.tls?.handshakeFirst == true { startTLS() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        let bytes = buffer.readableBytesUInt8Span
        var position = 0
        do {
            // In the clear, and not to be taken for words that came through TLS: whoever sits in between could say them.
            while tls != .starting, reason == nil, let operation = try parser.next(bytes, at: &position) {
                perform(session.handle(.operation(operation)))
            }
            if tls == .starting, position < bytes.count {
                fail(.tlsFailed("the server spoke in the clear when TLS was due"))
            }
        } catch {
            fail(.protocolViolation(error.description))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { supervisor.deliveredBatch() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .uncleanShutdown? = error as? NIOSSLError { return fail(.closedByServer) }
        guard let problem = NATSTLS.problem(error, name: certificateName) else { return fail(.broken("\(error)")) }
        fail(isReady ? .broken(problem) : .tlsFailed(problem))
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
        supervisor.linkEnded(self, context.channel, reason ?? .closedByServer)
    }

    private func perform(_ action: NATSSession.Action) {
        switch action {
        case .deliver(let subscription, let message): supervisor.deliver(message, to: subscription, from: self)
        case .nothing: break
        case .startTLS: startTLS()
        case .sendConnect(let info): logIn(info)
        // A PONG overtakes what waits: the server asks whether we live, not where we are.
        case .sendPong: write([ByteBuffer(string: NATSCommand.pong)])
        case .sendPing: supervisor.probe(self)
        case .becomeReady(let info):
            timer?.cancel()
            isReady = true
            scheduleProbe()
            supervisor.linkReady(self, info)
        case .confirm: supervisor.confirm(self)
        case .update(let info): supervisor.update(info, of: self)
        case .report(let error): supervisor.report(error)
        case .fail(let reason): fail(reason)
        }
    }

    // MARK: - Encryption and login

    private func startTLS() {
        tls = .starting
        let configuration = supervisor.configuration.tls ?? NATSTLSConfiguration()
        prepare(blocks: true) { () throws(NATSCredentialError) in
            try NATSTLS.context(configuration)
        } then: { tls in
            do {
                let handler = try NATSTLS.handler(tls, name: self.certificateName)
                try self.context?.pipeline.syncOperations.addHandler(handler, position: .first)
            } catch {
                return self.fail(.tlsFailed("\(error)"))
            }
            self.tls = .running
            self.perform(self.session.handle(.secured))
        }
    }

    private func logIn(_ info: NATSServerInfo) {
        let (configuration, isSecure) = (supervisor.configuration, tls == .running)
        prepare(blocks: configuration.readsFiles) { () throws(NATSCredentialError) in
            try NATSLogin(configuration, nonce: info.nonce)
        } then: { login in
            let connect = NATSCommand.connect(configuration, login: login.members, isSecure: isSecure)
            self.write([ByteBuffer(string: connect + NATSCommand.ping)])
        }
    }

    /// Does what blocks away from the event loop, and goes on here if the link is still wanted.
    private func prepare<Value: Sendable>(
        blocks: Bool, _ work: @escaping @Sendable () throws(NATSCredentialError) -> Value,
        then use: @escaping (Value) -> Void
    ) {
        guard let context else { return }
        func proceed(_ result: Result<Value, any Error>) {
            guard isOpen else { return }
            switch result {
            case .success(let value): use(value)
            case .failure(let error): fail(.credentialsUnusable("\(error)"))
            }
        }
        guard blocks else { return proceed(Result { try work() }) }
        NIOThreadPool.singleton.runIfActive(eventLoop: context.eventLoop) { try work() }.assumeIsolated()
            .whenComplete(proceed)
    }

    // MARK: - Life

    private func scheduleProbe() {
        let interval = TimeAmount(supervisor.configuration.pingInterval)
        timer = context?.eventLoop.assumeIsolated().scheduleTask(in: interval) {
            self.scheduleProbe()
            self.perform(self.session.handle(.probe))
        }
    }

    /// False as soon as its end is decided.
    var isOpen: Bool { context != nil && reason == nil }

    /// Gives bytes to the socket. The future ends when the system has taken them, or failed.
    @discardableResult
    func write(_ buffers: [ByteBuffer]) -> EventLoopFuture<Void>? {
        guard let context, let last = buffers.last else { return nil }
        for buffer in buffers.dropLast() { context.write(wrapOutboundOut(buffer), promise: nil) }
        return context.writeAndFlush(wrapOutboundOut(last))
    }

    /// Ends the link for a reason, which is told when the socket is closed.
    func fail(_ reason: NATSDisconnectReason) {
        guard self.reason == nil else { return }
        self.reason = reason
        context?.close(promise: nil)
    }

    /// Ends a link that another has taken the place of.
    func retire() { fail(.closedByServer) }

    /// Ends the link; the future when the socket is closed.
    func close() -> EventLoopFuture<Void>? { context?.close() }
}
