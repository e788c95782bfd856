import Logging
import Messaging
import NIOCore
import PluginKit
import WebSocketWire

/// An open WebSocket: frames in to the session's hooks, messages and the fan-out's frames out.
///
/// - An idle one holds no buffer, no task and no timer of its own.
/// - Used on its event loop; `Socket`'s methods hop there when called from elsewhere.
final class WebSocketConnection: WireConnection, OutPort, Socket, @unchecked Sendable {  // proof: state is touched on the loop only
    let policy: RoutePolicy
    /// Lets go of this connection when the channel is gone.
    let handler: ConnectionHandler
    let loop: LoopContext
    let id: UInt64
    private let compression: SocketCompression?
    private var reader: FrameReader
    private(set) var closing = ClosingHandshake()
    private var session: (any SocketSession)?
    private var member: Member!
    /// Reading of what the client sends goes on only while nothing is being handled: hooks are not re-entered.
    private var isInHook = false
    private var closeAfterHook: (code: UInt16, reason: String)?
    var isReadingPaused = false
    /// Set while the session takes no messages.
    var holding: Holding?
    /// The client has said its last.
    var ignoresHolds = false
    /// Look at each message before the session does.
    var guards: [any SocketGuard]
    var hasToldOfDrops = false
    private var isStarting = false
    /// A ping is out and nothing has come since.
    private var awaitsPong = false
    /// In the wheel's seconds.
    private var pingDue: Int64 = 0
    /// In seconds since 1970.
    private var expiry: Int64?

    /// Seconds that the other side gets to answer a Close.
    private static let closeTime: Int64 = 5

    init(
        handler: ConnectionHandler, policy: RoutePolicy, guards: [any SocketGuard] = [], terms: PerMessageDeflate? = nil
    ) {
        self.handler = handler
        self.policy = policy
        self.guards = guards
        loop = handler.loop
        reader = FrameReader(
            role: .server, maxMessageSize: policy.limits.message,
            inflation: terms.map { MessageInflation($0, pool: handler.loop.inflaters) })
        id = handler.loop.nextClientID()
        compression = terms.map { SocketCompression($0, handler.loop) }
        member = Member(
            port: self, limit: policy.limits.socketBuffer, id: id, framing: .frames(compression?.shared))
    }

    /// The handshake's answer is gathered, not yet sent. `early` is what the client sent behind its request.
    func start(_ open: @Sendable (any Socket) -> any SocketSession, early: ByteBuffer) {
        loop.counters.socketsOpened += 1
        loop.counters.socketsOpen += 1
        armPing(jitter: true)
        isStarting = true
        hook { session = open(self) }
        if early.readableBytes > 0 { received(early) }
        flushOutgoing()
        isStarting = false
    }

    // MARK: WireConnection

    func received(_ bytes: ByteBuffer) {
        awaitsPong = false
        var consumed = 0
        let span = bytes.readableBytesUInt8Span
        while let event = reader.read(span, consumed: &consumed) {
            switch event {
            case .message(let kind, let payload):
                guard closing.isOpen else { continue }
                take(SocketMessage(kind == .text ? .text : .binary, payload))
            case .ping(let payload):
                if closing.isOpen { emit { FrameWriter.append(.pong, payload: payload, to: &$0) } }
            case .pong:
                break
            case .close(let code, _):
                deliverKept()
                perform(closing.handle(.received(code: code)))
            case .violation(let code, let reason):
                perform(closing.handle(.violation(code: code, reason: reason)))
            }
        }
    }

    /// A message for the session, or for later.
    func take(_ message: SocketMessage) {
        if isHeld { return keep(message) }
        if guards.isEmpty || isAllowed(message) { hook { session?.received(message) } }
    }

    func readComplete() {
        flushOutgoing()
        if !handler.isWritable, !isReadingPaused, closing.isOpen { pauseReading(true) }
    }

    /// It is alive: a pong would have to wait behind what is queued.
    func madeProgress() { awaitsPong = false }

    func becameWritable() {
        if isReadingPaused, !isHeld { pauseReading(false) }
    }

    func drained() {
        if let member { loop.hub.ready(member) }
    }

    /// A client that does not take its answers is not read from: what it asks for next would only add to them. If it
    /// stays so, the ping timer ends it.
    func pauseReading(_ isPaused: Bool) {
        isReadingPaused = isPaused
        handler.setReading(!isPaused)
    }

    func inputClosed() {
        deliverKept()
        perform(closing.handle(.ended))
    }

    func closed() {
        deliverKept()
        _ = closing.handle(.ended)
        loop.hub.leaveAll(member)
        member = nil
        loop.counters.socketsOpen -= 1
        compression?.end(loop)
        let code = closing.code
        hook { session?.closed(code: code) }
        session = nil
        for index in guards.indices { guards[index].closed() }
        guards = []
    }

    func drain() {
        deliverKept()
        closeNow(code: CloseCode.goingAway, reason: "the gateway is shutting down")
    }

    func deadlineReached() {
        guard closing.isOpen else { return perform(closing.handle(.deadline)) }
        guard endsHold() else { return }
        if let expiry, WallClock.seconds() >= expiry {
            return closeNow(code: CloseCode.unauthorized, reason: "what this client was let in with has expired")
        }
        guard loop.wheel.now >= pingDue else { return arm() }
        guard policy.limits.ping > 0 else { return armPing(jitter: false) }
        // While nothing is read no pong can come.
        if awaitsPong, !isReadingPaused || !isHeld { return handler.cut() }
        awaitsPong = true
        emit { FrameWriter.append(.ping, payload: [], to: &$0) }
        armPing(jitter: false)
    }

    /// Jitter keeps sockets that came together from being pinged together.
    private func armPing(jitter: Bool) {
        let interval = policy.limits.ping > 0 ? policy.limits.ping : 3600
        pingDue = loop.wheel.now + (jitter ? interval / 2 + Int64.random(in: 0...max(1, interval / 2)) : interval)
        arm()
    }

    /// For the ping, the expiry or the end of a hold, whichever comes first.
    func arm() {
        let untilPing = min(pingDue, holding?.end ?? .max) - loop.wheel.now
        // No less than a second: the two clocks do not tick together.
        let untilExpiry = expiry.map { max(1, $0 - WallClock.seconds()) } ?? .max
        handler.deadline(in: min(untilPing, untilExpiry))
    }

    // MARK: OutPort

    func write(_ frames: ByteBuffer) {
        guard closing.isOpen else { return }
        handler.send(compression?.pack(frames) ?? frames)
    }

    var queuedBytes: Int { handler.queuedBytes }

    func end(_ reason: MemberEnd) {
        loop.log(reason, policy)
        switch reason {
        case .tooSlow:
            closeNow(code: CloseCode.tryAgainLater, reason: "too slow: more waits for this client than may, or for longer")
        case .unreadable:
            closeNow(code: CloseCode.tryAgainLater, reason: "what was missed cannot be read now")
        }
    }

    // MARK: Socket

    func send(_ message: SocketMessage) {
        onLoop {
            guard self.closing.isOpen, self.closeAfterHook == nil else { return }
            let opcode: Opcode = message.kind == .text ? .text : .binary
            self.emit { out in
                if let compression = self.compression {
                    compression.deflater.append(opcode, payload: message.payload, to: &out)
                } else {
                    FrameWriter.append(opcode, payload: message.payload, to: &out)
                }
            }
        }
    }

    func close(code: UInt16, reason: String) {
        onLoop {
            if self.isInHook {
                if self.closeAfterHook == nil { self.closeAfterHook = (code, reason) }
            } else {
                self.closeNow(code: code, reason: reason)
            }
        }
    }

    func join(_ feed: Feed) {
        onLoop { if self.closing.isOpen { self.loop.hub.join(self.member, feed) } }
    }

    func expire(at time: Int64?) {
        onLoop {
            self.expiry = time
            if self.closing.isOpen { self.arm() }
        }
    }

    func leave(_ subject: String) {
        onLoop { if self.closing.isOpen { self.loop.hub.leave(self.member, subject) } }
    }

    func onLoop(_ action: @escaping @Sendable () -> Void) {
        if loop.loop.inEventLoop { action() } else { loop.loop.execute(action) }
    }

    // MARK: Inside

    /// Runs a hook of the session; a close it asked for happens when it has returned.
    private func hook(_ body: () -> Void) {
        isInHook = true
        body()
        isInHook = false
        if let (code, reason) = closeAfterHook {
            closeAfterHook = nil
            closeNow(code: code, reason: reason)
        }
    }

    func closeNow(code: UInt16, reason: String) {
        perform(closing.handle(.close(code: code, reason: reason)))
    }

    private func perform(_ action: ClosingHandshake.Action) {
        switch action {
        case .none: break
        case .send(let code, let reason):
            loop.hub.leaveAll(member)
            emit { FrameWriter.appendClose(code: code, reason: reason, to: &$0) }
            handler.deadline(in: Self.closeTime)
            flushOutgoing()
            handler.whenSent { self.perform(self.closing.handle(.flushed)) }
        case .endOutput:
            handler.closeOutput()
        case .cut:
            handler.cut()
        }
    }

    /// What the loop gathers is this socket's: in its own read, and while it starts behind its handshake's answer.
    private var gathers: Bool { isStarting || handler.isReading }

    /// Sends frames: with all else that a read brings about, or now if another connection's hook asked for it.
    private func emit(_ write: (inout [UInt8]) -> Void) {
        if gathers { return loop.gather(write) }
        var frames: [UInt8] = []
        write(&frames)
        bounded { handler.send(frames.span) }
    }

    private func flushOutgoing() {
        if gathers { bounded { loop.sendOutgoing(to: handler) } }
    }

    /// Looked at before: a single message may be larger than the bound.
    private func bounded(_ send: () -> Void) {
        let isBehind = handler.queuedBytes > policy.limits.socketBuffer
        send()
        if isBehind, closing.isOpen { loop.hub.giveUp(member) }
    }
}
