import HTTPWire
import Logging
import NIOCore
import PluginKit

extension HTTP1Connection {
    /// The request is complete: answer it. Returns whether the next request can be read at once.
    func respond(_ outcome: RouteOutcome) -> Bool {
        switch outcome {
        case .target(let target, _):
            guard case .http(let httpHandler) = target.kind else { return send(failure(500, "internal error")) }
            return ask(httpHandler)
        case .answer(let response, _):
            return send(response)
        case .failure(let status, let message, let headers, _):
            return send(failure(status, message, headers))
        }
    }

    func ask(_ httpHandler: any HTTPHandler) -> Bool {
        let reply = slot.ask(httpHandler)
        switch consume reply {
        case .now(let response):
            return send(response)
        case .failed(let error):
            return send(failed(error))
        case .pending(let pending):
            let generation = exchange.wait(for: .response(pending))
            phase = .awaiting
            handler.deadline(in: exchange.policy?.limits.request ?? 60)
            let connection = NIOLoopBound(self, eventLoop: loop.loop)
            // Always by way of the loop, so that an early answer does not run inside this call.
            pending.deliver { [eventLoop = loop.loop] outcome in
                eventLoop.execute { connection.value.complete(generation, outcome) }
            }
            return false
        }
    }

    private func complete(_ generation: UInt64, _ outcome: Result<Response, any Error>) {
        guard exchange.claim(generation) else {
            loop.counters.lateCompletions += 1
            return
        }
        let response =
            switch outcome {
            case .success(let response): response
            case .failure(let error): failed(error)
            }
        _ = send(response)
        resume()
    }

    /// The handler's time is up: 504, and whatever it answers later is thrown away.
    func handlerIsLate() {
        let awaited = exchange.abandon()
        awaited?.cancel()
        // Guards are asked before the body is read: what comes next is not a request.
        if case .passage? = awaited, framing.body != .none { framing.keepAlive = false }
        _ = send(failure(504, "no answer in time"))
        resume()
    }

    /// For what is long-lived and would begin now.
    var goingAway: Response { failure(503, "the gateway is shutting down", ["Retry-After": "1"]) }

    func failure(_ status: Int, _ message: String, _ headers: HeaderFields = HeaderFields()) -> Response {
        var response = ErrorEnvelope(status: status, message: message, requestID: exchange.id).response
        for (name, value) in headers { response.headers.append(name, value) }
        return response
    }

    /// The client learns only the request's id; the log has the error.
    func failed(_ error: any Error) -> Response {
        loop.counters.handlerFailures += 1
        loop.logger.error(
            "handler failed",
            metadata: [
                "request": "\(exchange.id)", "route": "\(exchange.policy?.route ?? "-")", "error": "\(error)",
            ])
        return failure(500, "internal error")
    }

    // MARK: Writing

    /// Writes a response, or begins one that is streamed. Returns whether the next request can be read at once.
    @discardableResult
    func send(_ response: Response) -> Bool {
        if exchange.passed > 0 { return send(adorned(response)) }
        if loop.isDraining {
            framing.keepAlive = false
            if case .events = response.body { return send(goingAway) }
        }
        guard case .bytes(let bytes) = response.body else { return sendStreamed(response) }
        let status = response.status
        let hasBody = hasBody(status)
        let isSmall = bytes.count <= 1 << 16
        var gathered = 0
        do {
            try loop.gather { out throws(UnsendableResponse) in
                try writeHead(status, response.headers, .length(Int64(bytes.count)), to: &out)
                if hasBody, isSmall { out.append(contentsOf: bytes) }
                gathered = out.count
            }
        } catch {
            return sendUnsendable(error)
        }
        exchange.status = status
        if hasBody {
            exchange.sentBytes = bytes.count
            if !isSmall || gathered > 1 << 16 { flushOutgoing() }
            if !isSmall { handler.send(bytes.span) }
        }
        return exchangeEnded()
    }

    private func sendStreamed(_ response: Response) -> Bool {
        var response = response
        if case .events = response.body { EventStream.complete(&response.headers) }
        let isHTTP10 = exchange.minorVersion == 0
        let wireFraming: ResponseFraming
        switch response.body {
        case .file(_, _, let count): wireFraming = .length(count)
        case .stream, .bytes, .events:
            wireFraming = isHTTP10 ? .untilClose : .chunked
            if isHTTP10 { framing.keepAlive = false }
        }
        do {
            try loop.gather { out throws(UnsendableResponse) in
                try writeHead(response.status, response.headers, wireFraming, to: &out)
            }
        } catch {
            return sendUnsendable(error)
        }
        exchange.status = response.status
        guard hasBody(response.status) else { return exchangeEnded() }
        switch response.body {
        case .bytes: break
        case .events(let feed): begin(EventStream(connection: self, feed))
        case .file(let path, let offset, let count):
            begin(FileStream(connection: self, path: path, offset: offset, count: count))
        case .stream(let produce):
            begin(ChunkStream(connection: self, trailers: response.trailers, produce: produce))
        }
        if case .head = phase { return true }
        return false
    }

    /// A field that would split the response: nothing of it has been written.
    private func sendUnsendable(_ error: UnsendableResponse) -> Bool {
        send(failed(error))
    }

    private func hasBody(_ status: Int) -> Bool {
        status != 204 && status != 304 && !exchange.isHead
    }

    private func writeHead(
        _ status: Int, _ fields: HeaderFields, _ wireFraming: ResponseFraming, to out: inout [UInt8]
    ) throws(UnsendableResponse) {
        let minorVersion = exchange.minorVersion
        try ResponseWriter.head(
            status: status, fields: fields, framing: status == 204 || status == 304 ? .none : wireFraming,
            connection: !framing.keepAlive ? .close : minorVersion == 0 ? .keepAliveHTTP10 : .keepAlive,
            minorVersion: minorVersion, date: loop.date, to: &out)
    }

    // MARK: Streaming

    private func begin(_ stream: any ResponseStream) {
        phase = .streaming
        self.stream = stream
        handler.deadline(in: stream.patience ?? loop.limits.idle)
        flushOutgoing()
        isBeginningStream = true
        stream.canWrite()
        isBeginningStream = false
    }

    /// Part of a streamed body. The client has until the idle time is over to take it.
    func streamWrite(_ bytes: ByteBuffer, bodyBytes: Int) {
        exchange.sentBytes += bodyBytes
        handler.send(bytes)
        handler.deadline(in: stream?.patience ?? loop.limits.idle)
    }

    /// A slow producer is none of the client's fault.
    func waitOn() { handler.deadline(in: loop.limits.idle) }

    /// The streamed body is complete.
    func streamEnded() {
        guard case .streaming = phase else { return }
        let goesOn = exchangeEnded()
        // A body that was written at once ends inside `send`, which tells its caller to go on.
        if goesOn, !isBeginningStream { resume() }
    }

    /// The body cannot be completed: cutting the connection is the only way to say so.
    func streamFailed(_ error: any Error) {
        loop.counters.handlerFailures += 1
        loop.logger.error(
            "response cut short", metadata: ["request": "\(exchange.id)", "error": "\(error)"])
        handler.cut()
    }
}
