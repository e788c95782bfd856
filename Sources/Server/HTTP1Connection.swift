import HTTPWire
import NIOCore
import PluginKit

/// HTTP/1.1 on one connection (RFC 9112): reads requests, routes them, and writes responses in order.
///
/// - One exchange at a time: what a client pipelines waits until the exchange before it is answered.
/// - Responses to what one read brought are gathered and written once.
/// - Long accesses to stored properties are checked at run time; what is needed long is moved to a local instead.
final class HTTP1Connection: WireConnection {
    enum Phase {
        /// Between requests, or in the middle of a head.
        case head
        case body
        /// The handler has the request and will answer later.
        case awaiting
        /// A response body is being written piece by piece.
        case streaming
        /// The last response is out; what still comes in is thrown away until the client closes.
        case lingering
    }

    /// Lets go of this connection when the channel is gone.
    let handler: ConnectionHandler
    let loop: LoopContext
    var phase = Phase.head
    var slot: RequestSlot
    var exchange = Exchange()
    var framing = RequestFraming()
    /// Set while a body is read: for whom, and how.
    var outcome: RouteOutcome?
    var bodyReader: BodyReader?
    var stream: (any ResponseStream)?
    var isBeginningStream = false
    private var parser: RequestParser
    /// Received and not used yet. Empty while bytes are processed: `process` holds them then.
    var waiting = ByteBuffer()
    private var isReadingPaused = false
    var headHasBegun = false

    /// A client that pipelines past this many bytes while it waits is not read from.
    private static let pipelineBound = 64 << 10

    init(handler: ConnectionHandler, peer: String, scheme: String) {
        self.handler = handler
        loop = handler.loop
        slot = RequestSlot(peer: peer, scheme: scheme)
        let limits = handler.loop.limits
        parser = RequestParser(
            limits: HeadLimits(requestLine: limits.requestLine, head: limits.head, fieldCount: limits.fields))
    }

    // MARK: Reading

    func received(_ bytes: ByteBuffer) {
        if case .lingering = phase { return }
        var input = bytes
        if waiting.readableBytes > 0 {
            var bytes = bytes
            input = takeWaiting()
            input.writeBuffer(&bytes)
        }
        process(&input)
    }

    func readComplete() {
        flushOutgoing()
    }

    /// Takes requests from `input` until more is needed or an answer is pending; keeps the rest.
    ///
    /// - Parameter begins: false to only keep what there is.
    func process(_ input: inout ByteBuffer, begins: Bool = true) {
        var more = begins
        while more {
            more =
                switch phase {
                // A client that does not take its answers gets no new ones.
                case .head: handler.isWritable && readHead(&input)
                case .body: readBody(&input)
                case .awaiting, .streaming, .lingering: false
                }
        }
        let waits = phase == .awaiting || phase == .streaming || !handler.isWritable
        if input.readableBytes > 0, phase != .lingering { waiting = input }
        let mustPause = waits && input.readableBytes > Self.pipelineBound
        if mustPause != isReadingPaused {
            isReadingPaused = mustPause
            handler.setReading(!mustPause)
        }
    }

    func takeWaiting() -> ByteBuffer {
        var taken = ByteBuffer()
        swap(&taken, &waiting)
        return taken
    }

    private func readHead(_ input: inout ByteBuffer) -> Bool {
        guard input.readableBytes > 0 else {
            rest()
            return false
        }
        // Copied out and in: cheaper than the check.
        var parser = parser
        let step = slot.parse(input.readableBytesUInt8Span, with: &parser)
        self.parser = parser
        switch step {
        case .needMore:
            if !headHasBegun {
                headHasBegun = true
                handler.deadline(in: loop.limits.header)
            }
            if handler.inputHasEnded { finishConnection() }
            return false
        case .refused(let refusal):
            loop.counters.refusedHeads += 1
            beginUnreadable()
            refuse(refusal.status, refusal.message)
            return false
        case .head(let consumed, let framing):
            headHasBegun = false
            input.moveReaderIndex(forwardBy: consumed)
            self.framing = framing
            begin()
            loop.counters.requests += 1
            return route(input)
        }
    }

    func beginUnreadable() {
        slot.forgetHead()
        begin()
    }

    private func begin() {
        let id = loop.nextRequestID()
        let (minorVersion, isHead) = slot.begin(id)
        let started = loop.accessLog == nil ? nil : NIODeadline.now()
        exchange.begin(id, minorVersion: minorVersion, isHead: isHead, started: started)
    }

    /// Between requests: idle until the next, or done.
    private func rest() {
        if handler.inputHasEnded || loop.isDraining {
            finishConnection()
        } else if !headHasBegun {
            handler.deadline(in: loop.limits.idle)
        }
    }

    /// - Parameter early: what came behind the head.
    private func route(_ early: ByteBuffer) -> Bool {
        let outcome = slot.route(by: loop.router, wantsSocket: framing.upgradesToWebSocket)
        guard case .target(let target, let values) = outcome else {
            exchange.policy = outcome.policy
            return receiveBody(for: outcome)
        }
        exchange.policy = target.policy
        if !values.isEmpty {
            slot.setParameters(Parameters(names: target.parameterNames, values: values))
            exchange.hasParameters = true
        }
        if case .socket = target.kind, let refusal = handshakeProblem(target.policy) { return send(refusal) }
        if target.middleware.isEmpty { return serve(target, early) }
        exchange.middleware = target.middleware
        return passMiddleware(target, early)
    }

    /// The request is let through to its handler.
    func serve(_ target: RouteTarget, _ early: ByteBuffer) -> Bool {
        switch target.kind {
        case .socket(let socketHandler):
            return upgrade(socketHandler, target.policy, early: early)
        case .http(let httpHandler):
            guard framing.body == .none else { return receiveBody(for: .target(target, values: [])) }
            return ask(httpHandler)
        }
    }

    // MARK: After a response

    /// The exchange is over; the connection goes on to the next request or ends. Returns whether to read on at once.
    func exchangeEnded() -> Bool {
        record()
        if outcome != nil { outcome = nil }
        if stream != nil { stream = nil }
        if exchange.bodyBytes > 0 || exchange.hasParameters || !exchange.middleware.isEmpty { slot.end() }
        exchange.policy = nil
        guard framing.keepAlive else {
            finishConnection()
            return false
        }
        phase = .head
        return true
    }

    /// Goes on after an exchange that ended outside a read: with what was pipelined meanwhile.
    func resume() {
        var input = takeWaiting()
        process(&input)
        flushOutgoing()
    }

    /// Writes an error about bytes that could not be understood; nothing after them can be trusted.
    func refuse(_ status: Int, _ message: String) {
        framing.keepAlive = false
        send(failure(status, message))
    }

    /// Sends what is gathered and ends the connection.
    func finishConnection() {
        flushOutgoing()
        phase = .lingering
        waiting = ByteBuffer()
        if isReadingPaused {
            isReadingPaused = false
            handler.setReading(true)
        }
        handler.linger()
    }

    func flushOutgoing() {
        loop.sendOutgoing(to: handler)
    }

    func record() {
        guard let accessLog = loop.accessLog else { return }
        accessLog.record(
            AccessLog.Entry(
                request: slot.request, policy: exchange.policy, status: exchange.status, bytes: exchange.sentBytes,
                duration: .now() - exchange.started))
    }
}
