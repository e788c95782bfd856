internal import NIOCore
internal import Synchronization

extension NATSConnection {
    /// Asks whoever listens on `subject`, and calls `completion` once, on the event loop, with the first answer.
    ///
    /// - All requests share one subscription. Without a link a request fails at once: it does not wait for one, and
    ///   one that was sent fails as soon as its link is lost.
    /// - Parameter timeout: kept to within 20 ms.
    /// - Returns: the request, to cancel it.
    @discardableResult
    public func request(
        subject: String, headers: [(String, String)] = [], payload: [UInt8] = [], timeout: Duration,
        completion: @escaping @Sendable (Result<NATSMessage, NATSRequestError>) -> Void
    ) -> NATSRequest {
        let requests = self.requests
        let (number, reply) = requests.open(
            timeout: timeout,
            subscribe: { inbox in _ = subscribe(subject: inbox) { requests.deliver($0) } },
            completion: completion)
        if let error = publishNow(subject: subject, headers: headers, payload: payload, reply: reply) {
            // Never before this returns, so that callers need not expect it.
            eventLoop.execute { requests.close(number, .failure(error)) }
        }
        return NATSRequest(number: number, requests: requests)
    }

    /// Asks whoever listens on `subject` and returns the first answer.
    ///
    /// - Throws: ``NATSRequestError``; without a link at once.
    public func request(
        subject: String, headers: [(String, String)] = [], payload: [UInt8] = [], timeout: Duration = .seconds(5)
    ) async throws(NATSRequestError) -> NATSMessage {
        let cancellation = NATSCancellation()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let request = request(subject: subject, headers: headers, payload: payload, timeout: timeout) {
                    continuation.resume(returning: $0)
                }
                cancellation.arm(request)
            }
        } onCancel: {
            cancellation.cancel()
        }
        return try result.get()
    }

    /// Answers `message`, which must have a reply subject; else nothing is published.
    @discardableResult
    public func respond(
        to message: NATSMessage, headers: [(String, String)] = [], payload: [UInt8]
    ) -> NATSPublishResult {
        publish(subject: message.reply ?? "", headers: headers, payload: payload)
    }
}

/// Joins the cancellation of a task, which may come early, with the request it is about.
private final class NATSCancellation: Sendable {
    private struct Contents {
        var isCancelled = false
        var request: NATSRequest?
    }

    private let contents = Mutex(Contents())

    func arm(_ request: NATSRequest) {
        let isCancelled = contents.withLock { contents in
            contents.request = request
            return contents.isCancelled
        }
        if isCancelled { fail(request) }
    }

    func cancel() {
        let request = contents.withLock { contents in
            contents.isCancelled = true
            return contents.request
        }
        if let request { fail(request) }
    }

    private func fail(_ request: NATSRequest) {
        request.requests.close(request.number, .failure(.cancelled))
    }
}
