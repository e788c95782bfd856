import HTTPWire
import NIOCore
import PluginKit

/// HTTP/1.1 on one connection (RFC 9112): reads requests, routes them, and writes responses in order.
///
/// - One exchange at a time: what a client pipelines waits in `buffered` until the exchange before it is answered.
/// - Responses to what one read brought are gathered and written once.
final class HTTP1Connection: WireConnection {
    enum Phase {
        /// Between requests, or in the middle of a head.
        case head
        case body(BodyReader)
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
    var exchange: Exchange
    var framing = RequestFraming()
    var outcome: RouteOutcome?
    var stream: (any ResponseStream)?
    var isBeginningStream = false
    private var parser: RequestParser
    private var buffered = ByteBuffer()
    private var isReadingPaused = false
    private var headHasBegun = false

    /// A client that pipelines past this many bytes while it waits is not read from.
    private static let pipelineBound = 64 << 10

    init(handler: ConnectionHandler, peer: String, scheme: String) {
        self.handler = handler
        loop = handler.loop
        exchange = Exchange(peer: peer, scheme: scheme)
        let limits = handler.loop.limits
        parser = RequestParser(
            limits: HeadLimits(requestLine: limits.requestLine, head: limits.head, fieldCount: limits.fields))
    }

    // MARK: Reading

    func received(_ bytes: ByteBuffer) {
        if case .lingering = phase { return }
        if buffered.readableBytes == 0 {
            buffered = bytes
        } else {
            var bytes = bytes
            buffered.writeBuffer(&bytes)
        }
        process()
    }

    func readComplete() {
        flushOutgoing()
    }

    /// Takes requests from what is buffered until more is needed or an answer is pending.
    private func process() {
        while true {
            let more =
                switch phase {
                // A client that does not take its answers gets no new ones.
                case .head: handler.isWritable && readHead()
                case .body(let reader): readBody(reader)
                case .awaiting, .streaming, .lingering: false
                }
            guard more else { break }
        }
        settleBuffer()
    }

    /// Lets go of an emptied buffer, and stops reading where too much waits.
    private func settleBuffer() {
        if buffered.readableBytes == 0 { buffered = ByteBuffer() }
        let waits = switch phase { case .awaiting, .streaming: true; default: !handler.isWritable }
        let mustPause = waits && buffered.readableBytes > Self.pipelineBound
        if mustPause != isReadingPaused {
            isReadingPaused = mustPause
            handler.setReading(!mustPause)
        }
    }

    private func readHead() -> Bool {
        guard buffered.readableBytes > 0 else {
            rest()
            return false
        }
        switch parser.parse(buffered.readableBytesUInt8Span, into: &exchange.request.head) {
        case .needMore:
            if !headHasBegun {
                headHasBegun = true
                handler.deadline(in: loop.limits.header)
            }
            return false
        case .refused(let refusal):
            loop.statistics.refusedHeads += 1
            beginUnreadable()
            refuse(refusal.status, refusal.message)
            return false
        case .head(let consumed, let framing):
            headHasBegun = false
            buffered.moveReaderIndex(forwardBy: consumed)
            self.framing = framing
            exchange.begin(id: loop.nextRequestID(), isTimed: loop.accessLog != nil)
            loop.statistics.requests += 1
            return routed()
        }
    }

    /// An exchange for a head that never became one: nothing of it may be looked at.
    private func beginUnreadable() {
        exchange.request.head = RequestHead()
        exchange.begin(id: loop.nextRequestID(), isTimed: loop.accessLog != nil)
    }

    /// Between requests: idle until the next, or done.
    private func rest() {
        if handler.inputHasEnded || loop.isDraining {
            finishConnection()
        } else if !headHasBegun {
            handler.deadline(in: loop.limits.idle)
        }
    }

    private func routed() -> Bool {
        // Moved out and in again: passing a stored property would copy it, field by field.
        var request = exchange.takeRequest()
        let outcome = loop.router.route(request.head, wantsSocket: framing.upgradesToWebSocket)
        exchange.policy = outcome.policy
        guard case .target(let target, let values) = outcome else {
            exchange.request = request
            return receiveBody(for: outcome)
        }
        request.parameters = target.parameters(values)
        switch target.kind {
        case .socket(let socketHandler):
            exchange.request = request
            return upgrade(socketHandler, target.policy)
        case .http(let httpHandler):
            guard framing.body == .none else {
                exchange.request = request
                return receiveBody(for: outcome)
            }
            let reply = httpHandler.respond(to: request)
            exchange.request = request
            return apply(reply)
        }
    }

    /// Answers at once what has no body or may not have one; else reads on.
    private func receiveBody(for outcome: RouteOutcome) -> Bool {
        if case .none = framing.body { return respond(outcome) }
        self.outcome = outcome
        let limit = outcome.policy.limits.body
        if case .length(let length) = framing.body, length > limit {
            refuse(413, "the body is larger than \(limit) bytes")
            return false
        }
        if framing.expectsContinue {
            guard outcome.isHandled else {
                // The client has been told no before it sent the body, so nobody knows where the next request begins.
                framing.keepAlive = false
                return respond(outcome)
            }
            loop.outgoing.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8)
        }
        phase = .body(BodyReader(framing.body, limit: limit))
        exchange.bodyBegan = loop.wheel.now
        return true
    }

    private func readBody(_ reader: BodyReader) -> Bool {
        var reader = reader
        defer { if case .body = phase { phase = .body(reader) } }
        let keeps = outcome?.isHandled ?? false
        while true {
            switch reader.read(buffered.readableBytesUInt8Span) {
            case .data(let range, let consumed):
                let start = buffered.readerIndex + range.lowerBound
                if keeps, let view = buffered.viewBytes(at: start, length: range.count) {
                    exchange.request.body.append(contentsOf: view)
                }
                exchange.bodyBytes += range.count
                buffered.moveReaderIndex(forwardBy: consumed)
            case .needMore(let consumed):
                buffered.moveReaderIndex(forwardBy: consumed)
                armBodyDeadline()
                return false
            case .end(let consumed):
                buffered.moveReaderIndex(forwardBy: consumed)
                return answer()
            case .refused(let refusal):
                refuse(refusal.status, refusal.message)
                return false
            }
        }
    }

    /// The next piece has its time, and the whole must come at 1 KiB a second at least: dripping holds no connection.
    private func armBodyDeadline() {
        let patience = exchange.policy?.limits.bodyPiece ?? 30
        let slowest = exchange.bodyBegan + patience + Int64(exchange.bodyBytes >> 10)
        loop.wheel.arm(handler, at: min(loop.wheel.now + patience, slowest) + 1)
    }

    /// The body is there: on to the handler.
    private func answer() -> Bool {
        guard let outcome else { return false }
        self.outcome = nil
        return respond(outcome)
    }

    // MARK: After a response

    /// The exchange is over; the connection goes on to the next request or ends. Returns whether to read on at once.
    func exchangeEnded() -> Bool {
        record()
        outcome = nil
        if stream != nil { stream = nil }
        exchange.end()
        guard framing.keepAlive else {
            finishConnection()
            return false
        }
        phase = .head
        return true
    }

    /// Goes on after an exchange that ended outside a read: with what was pipelined meanwhile.
    func resume() {
        process()
        flushOutgoing()
    }

    /// Hands over what the client sent behind its handshake.
    func takeBuffered() -> ByteBuffer {
        defer { buffered = ByteBuffer() }
        return buffered
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
        buffered = ByteBuffer()
        handler.linger()
    }

    func flushOutgoing() {
        loop.sendOutgoing(to: handler)
    }

    // MARK: Events of the connection

    func inputClosed() {
        switch phase {
        case .head, .body: if handler.queuedBytes > 0 { finishConnection() } else { handler.cut() }
        case .awaiting, .streaming: framing.keepAlive = false
        case .lingering: if handler.queuedBytes == 0 { handler.cut() }
        }
    }

    func closed() {
        exchange.abandon()
        stream?.clientLeft()
        stream = nil
        switch phase {
        case .awaiting, .streaming:
            if exchange.status == 0 { exchange.status = 499 }
            record()
        case .head, .body, .lingering: break
        }
        phase = .lingering
    }

    func drain() {
        framing.keepAlive = false
        guard case .head = phase, !headHasBegun, buffered.readableBytes == 0 else { return }
        // Nothing was sent that a reset could destroy.
        if handler.queuedBytes == 0 { handler.cut() } else { finishConnection() }
    }

    func deadlineReached() {
        switch phase {
        case .head where headHasBegun:
            beginUnreadable()
            refuse(408, "the request head took longer than \(loop.limits.header) seconds")
            flushOutgoing()
        case .body:
            refuse(408, "the request body came too slowly")
            flushOutgoing()
        case .awaiting:
            handlerIsLate()
        case .head:
            finishConnection()
        case .streaming, .lingering:
            handler.cut()
        }
    }

    func madeProgress() { handler.deadline(in: loop.limits.idle) }

    func becameWritable() {
        if let stream { stream.canWrite() } else { resume() }
    }

    func record() {
        guard let accessLog = loop.accessLog else { return }
        accessLog.record(
            AccessLog.Entry(
                request: exchange.request, policy: exchange.policy, status: exchange.status, bytes: exchange.sentBytes,
                duration: .now() - exchange.started))
    }
}
