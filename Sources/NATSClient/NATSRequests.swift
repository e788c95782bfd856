internal import NIOCore
internal import Synchronization

/// The open requests of a connection: one subscription on a private inbox serves them all.
final class NATSRequests: Sendable {
    typealias Completion = @Sendable (Result<NATSMessage, NATSRequestError>) -> Void

    private struct Contents {
        var wheel: NATSRequestWheel<Completion>
        var isSubscribed = false
        var isTicking = false
    }

    /// How finely time-outs are told apart; they come at most this much late.
    private static let tick = TimeAmount.milliseconds(20)

    private let eventLoop: any EventLoop
    /// Ends with a dot; the number of the request follows.
    private let prefix: String
    private let contents: Mutex<Contents>

    init(eventLoop: any EventLoop, inboxPrefix: String) {
        self.eventLoop = eventLoop
        prefix = NATSInbox.unique(inboxPrefix) + "."
        contents = Mutex(Contents(wheel: NATSRequestWheel(tick: Self.ticks(.now()))))
    }

    /// The tick that `time` lies in.
    private static func ticks(_ time: NIODeadline) -> UInt64 {
        time.uptimeNanoseconds / UInt64(tick.nanoseconds)
    }

    /// Notes a request. Returns its number and where its answer is to be sent.
    ///
    /// - Parameter subscribe: called for the first request ever, with the subject to listen on.
    func open(
        timeout: Duration, subscribe: (String) -> Void, completion: @escaping Completion
    ) -> (number: UInt64, reply: String) {
        let now = NIODeadline.now()
        let (number, mustTick) = contents.withLock { contents in
            if !contents.isSubscribed {
                contents.isSubscribed = true
                // Under the lock, so that no other thread publishes a request before the subscription.
                subscribe(prefix + "*")
            }
            let number = contents.wheel.insert(
                completion, deadline: Self.ticks(now + TimeAmount(timeout)) + 1, now: Self.ticks(now))
            defer { contents.isTicking = true }
            return (number, !contents.isTicking)
        }
        if mustTick { tickLater() }
        return (number, prefix + String(number))
    }

    /// Ends a request; false if it has ended already.
    @discardableResult
    func close(_ number: UInt64, _ result: Result<NATSMessage, NATSRequestError>) -> Bool {
        guard let completion = forget(number) else { return false }
        completion(result)
        return true
    }

    /// Ends a request without a word to who waits.
    @discardableResult
    func forget(_ number: UInt64) -> Completion? {
        contents.withLock { $0.wheel.remove(number) }
    }

    /// An answer, on the event loop. One that comes too late has nobody to go to.
    func deliver(_ message: NATSMessage) {
        guard let number = UInt64(message.subject.dropFirst(prefix.count)) else { return }
        close(number, message.status?.code == 503 ? .failure(.noResponders) : .success(message))
    }

    /// On the event loop.
    func stateChanged(_ state: NATSState) {
        switch state {
        case .connecting, .connected: break
        case .disconnected(let reason, _): failAll(.connectionLost(reason))
        case .closed: failAll(.closed)
        }
    }

    private func failAll(_ error: NATSRequestError) {
        for completion in contents.withLock({ $0.wheel.removeAll() }) { completion(.failure(error)) }
    }

    private func tickLater() {
        eventLoop.scheduleTask(in: Self.tick) {
            let now = Self.ticks(.now())
            let (expired, goesOn) = self.contents.withLock { contents in
                let expired = contents.wheel.expire(now: now)
                contents.isTicking = contents.wheel.count > 0
                return (expired, contents.isTicking)
            }
            for completion in expired { completion(.failure(.timeout)) }
            if goesOn { self.tickLater() }
        }
    }
}
