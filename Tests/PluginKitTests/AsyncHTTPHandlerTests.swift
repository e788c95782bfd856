import PluginKit
import Testing

@Suite("Async handlers", .timeLimit(.minutes(1)))
struct AsyncHTTPHandlerTests {
    @Test("The answer is pending, then the function's response")
    func responds() async throws {
        let pending = try pendingReply(of: Echo())
        #expect(await outcome(of: pending) == .response(207))
    }

    @Test("A thrown error is a failure, not a response")
    func fails() async throws {
        let pending = try pendingReply(of: Failing())
        #expect(await outcome(of: pending) == .error(42))
    }

    @Test("A client that leaves cancels the task")
    func cancels() async throws {
        let handler = Waiting()
        let pending = try pendingReply(of: handler)
        var events = handler.events.makeAsyncIterator()
        #expect(await events.next() == .started)
        pending.cancel()
        #expect(await events.next() == .cancelled)
        #expect(!pending.complete(Response()))
    }

    @Test("A client that left before the task began cancels it too")
    func cancelsEarly() async throws {
        let handler = Waiting()
        try pendingReply(of: handler).cancel()
        var events = handler.events.makeAsyncIterator()
        #expect(await events.next() == .started)
        #expect(await events.next() == .cancelled)
    }

    @Test("A handler has a life without saying so")
    func defaults() async throws {
        let handler = Echo()
        try await handler.start()
        await handler.drain()
        await handler.stop()
    }

    private func pendingReply(of handler: any HTTPHandler) throws -> PendingResponse {
        let reply: Reply = handler.respond(to: Request(parameters: Parameters(names: ["n"], values: ["207"])))
        guard case .pending(let pending) = reply else { throw Numbered(number: 0) }
        return pending
    }

    private func outcome(of pending: PendingResponse) async -> Outcome {
        await withCheckedContinuation { continuation in
            pending.deliver { continuation.resume(returning: Outcome($0)) }
        }
    }
}

/// Answers with the status its parameter `n` names, on another turn of the executor.
private struct Echo: AsyncHTTPHandler {
    func respond(to request: Request) async throws -> Response {
        await Task.yield()
        return Response(status: request.parameters["n"].flatMap { Int($0) } ?? 0)
    }
}

private struct Failing: AsyncHTTPHandler {
    func respond(to request: Request) async throws -> Response { throw Numbered(number: 42) }
}

/// Sleeps for longer than any test lasts and tells what becomes of it.
private struct Waiting: AsyncHTTPHandler {
    enum Event: Sendable { case started, cancelled }

    let events: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation

    init() { (events, continuation) = AsyncStream.makeStream() }

    func respond(to request: Request) async throws -> Response {
        continuation.yield(.started)
        do {
            try await Task.sleep(for: .seconds(600))
        } catch {
            continuation.yield(.cancelled)
            throw error
        }
        return Response()
    }
}
