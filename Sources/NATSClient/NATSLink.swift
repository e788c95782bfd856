internal import NIOCore

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

    init(server: NATSServerAddress, handshakeDeadline: NIODeadline, supervisor: NATSSupervisor) {
        self.server = server
        self.handshakeDeadline = handshakeDeadline
        self.supervisor = supervisor
        var limits = NATSParser.Limits()
        limits.payload = supervisor.configuration.maximumIncomingPayload
        parser = NATSParser(limits: limits)
        session = NATSSession(maxPingsOut: supervisor.configuration.maxPingsOut)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: handshakeDeadline) {
            self.perform(self.session.handle(.handshakeDeadline))
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        let bytes = buffer.readableBytesUInt8Span
        var position = 0
        do {
            while reason == nil, let operation = try parser.next(bytes, at: &position) {
                perform(session.handle(.operation(operation)))
            }
        } catch {
            fail(.protocolViolation(error.description))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { supervisor.deliveredBatch() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(.broken("\(error)")) }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
        supervisor.linkEnded(self, context.channel, reason ?? .closedByServer)
    }

    private func perform(_ action: NATSSession.Action) {
        switch action {
        case .deliver(let subscription, let message): supervisor.deliver(message, to: subscription)
        case .nothing: break
        case .sendConnect: write([ByteBuffer(string: NATSCommand.connect(supervisor.configuration) + NATSCommand.ping)])
        // A PONG overtakes what waits: the server asks whether we live, not where we are.
        case .sendPong: write([ByteBuffer(string: NATSCommand.pong)])
        case .sendPing: supervisor.ping()
        case .becomeReady(let info):
            timer?.cancel()
            scheduleProbe()
            supervisor.linkReady(self, info)
        case .confirm: supervisor.confirm()
        case .update(let info): supervisor.update(info)
        case .report(let error): supervisor.report(error)
        case .fail(let reason): fail(reason)
        }
    }

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

    private func fail(_ reason: NATSDisconnectReason) {
        guard self.reason == nil else { return }
        self.reason = reason
        context?.close(promise: nil)
    }

    /// Ends the link; the future when the socket is closed.
    func close() -> EventLoopFuture<Void>? { context?.close() }
}
