internal import Logging
internal import NIOCore

/// How far the end of a connection has come.
struct NATSClosing {
    var hasBegun = false
    var isFinished = false
    var deadline: Scheduled<Void>?
    var waiters: [EventLoopPromise<Void>] = []
    /// When the sockets are gone.
    var end: EventLoopFuture<Void>?
}

extension NATSSupervisor {
    /// Sends what waits and ends the connection, at the latest after the time to drain. The shared state refuses
    /// publishes already.
    func close(_ promise: EventLoopPromise<Void>) {
        if let end = closing.end { return end.cascade(to: promise) }
        closing.waiters.append(promise)
        guard !closing.hasBegun else { return }
        closing.hasBegun = true
        closing.deadline = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(configuration.drainTimeout)) {
            self.finish()
        }
        if link != nil {
            // A move that has come so far ends first.
            if move?.isLeaving == true { return }
            dropMove()
            drainLink()
        } else if !shared.withLock({ $0.hasWaiting }) {
            finish()
        }
    }

    /// Unsubscribes everything and asks for a last answer: when it comes, what was published is at the server and what
    /// was for us is delivered. A link that dies before leaves it to ``failed`` to try again or give up.
    func drainLink() {
        let promise = eventLoop.makePromise(of: Void.self)
        let needsDrain = shared.withLock { shared in
            // Not removed from the table: what is on its way is still delivered.
            let unsubscribed = shared.sayUnsubscribeAll()
            guard let ping = shared.ping(promise) else { return nil as Bool? }
            return unsubscribed || ping
        }
        guard let needsDrain else { return promise.fail(NATSError.disconnected) }
        promise.futureResult.assumeIsolated().whenSuccess { self.finish() }
        if needsDrain { drain() }
    }

    func finish() {
        guard !closing.isFinished else { return }
        closing.isFinished = true
        closing.deadline?.cancel()
        let (subscriptions, discarded) = shared.withLock { $0.finish() }
        for subscription in subscriptions { _ = subscription.deactivate() }
        if discarded > 0 {
            logger.error("NATS closed with publishes not sent", metadata: ["discarded": "\(discarded)"])
        }
        change(.closed)
        let end = abandon()
        closing.end = end
        for waiter in closing.waiters { end.cascade(to: waiter) }
        closing.waiters = []
    }
}
