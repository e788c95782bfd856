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
            let request = exchange.takeRequest()
            let reply = httpHandler.respond(to: request)
            exchange.request = request
            return apply(reply)
        case .answer(let response, _):
            return send(response)
        case .failure(let status, let message, let headers, _):
            return send(failure(status, message, headers))
        }
    }

    func apply(_ reply: consuming Reply) -> Bool {
        switch reply {
        case .now(let response):
            return send(response)
        case .failed(let error):
            return send(failed(error))
        case .pending(let pending):
            let generation = exchange.wait(for: pending)
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
            loop.statistics.lateCompletions += 1
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
        exchange.abandon()
        _ = send(failure(504, "no answer in time"))
        resume()
    }

    func failure(_ status: Int, _ message: String, _ headers: HeaderFields = HeaderFields()) -> Response {
        var response = ErrorEnvelope(status: status, message: message, requestID: exchange.request.id).response
        for (name, value) in headers { response.headers.append(name, value) }
        return response
    }

    /// The client learns only the request's id; the log has the error.
    private func failed(_ error: any Error) -> Response {
        loop.statistics.handlerFailures += 1
        loop.logger.error(
            "handler failed",
            metadata: [
                "request": "\(exchange.request.id)", "route": "\(exchange.policy?.route ?? "-")", "error": "\(error)",
            ])
        return failure(500, "internal error")
    }

    // MARK: Writing

    /// Writes a response, or begins one that is streamed. Returns whether the next request can be read at once.
    @discardableResult
    func send(_ response: consuming Response) -> Bool {
        if case .stream = response.body, exchange.request.head.minorVersion == 0 { framing.keepAlive = false }
        if loop.isDraining { framing.keepAlive = false }
        do {
            try writeHead(response)
        } catch {
            // A field that would split the response: nothing of it has been written.
            response = failed(error)
            try? writeHead(response)
        }
        exchange.status = response.status
        if response.status == 204 || response.status == 304 || exchange.request.head.method == .head {
            return exchangeEnded()
        }
        switch response.body {
        case .bytes(let bytes):
            exchange.sentBytes = bytes.count
            writeBody(bytes)
            return exchangeEnded()
        case .file(let path, let offset, let count):
            begin(FileStream(connection: self, path: path, offset: offset, count: count))
        case .stream(let produce):
            begin(ChunkStream(connection: self, trailers: response.trailers, produce: produce))
        }
        if case .head = phase { return true }
        return false
    }

    private func writeHead(_ response: Response) throws {
        let wireFraming: ResponseFraming =
            switch response.body {
            case _ where response.status == 204 || response.status == 304: .none
            case .bytes(let bytes): .length(Int64(bytes.count))
            case .file(_, _, let count): .length(count)
            case .stream: exchange.request.head.minorVersion == 0 ? .untilClose : .chunked
            }
        try ResponseWriter.head(
            status: response.status, fields: response.headers, framing: wireFraming,
            connection: !framing.keepAlive ? .close : exchange.request.head.minorVersion == 0 ? .keepAliveHTTP10 : .keepAlive,
            minorVersion: exchange.request.head.minorVersion, date: loop.date, to: &loop.outgoing)
    }

    private func writeBody(_ bytes: Payload) {
        if bytes.count <= 1 << 16 {
            loop.outgoing.append(contentsOf: bytes)
            if loop.outgoing.count > 1 << 16 { flushOutgoing() }
        } else {
            flushOutgoing()
            handler.send(bytes.span)
        }
    }

    // MARK: Streaming

    private func begin(_ stream: any ResponseStream) {
        phase = .streaming
        self.stream = stream
        handler.deadline(in: loop.limits.idle)
        flushOutgoing()
        isBeginningStream = true
        stream.canWrite()
        isBeginningStream = false
    }

    /// Part of a streamed body. The client has until the idle time is over to take it.
    func streamWrite(_ bytes: ByteBuffer, bodyBytes: Int) {
        exchange.sentBytes += bodyBytes
        handler.deadline(in: loop.limits.idle)
        handler.send(bytes)
    }

    /// The streamed body is complete.
    func streamEnded() {
        guard case .streaming = phase else { return }
        let goesOn = exchangeEnded()
        // A body that was written at once ends inside `send`, which tells its caller to go on.
        if goesOn, !isBeginningStream { resume() }
    }

    /// The body cannot be completed: cutting the connection is the only way to say so.
    func streamFailed(_ error: any Error) {
        loop.statistics.handlerFailures += 1
        loop.logger.error(
            "response cut short", metadata: ["request": "\(exchange.request.id)", "error": "\(error)"])
        handler.cut()
    }
}
