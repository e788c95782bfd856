internal import NIOCore

extension NATSSupervisor {
    /// Two writes closer than this mean that publishes come fast.
    private static var busyInterval: TimeAmount { .milliseconds(1) }
    /// How long small publishes are collected while they come fast: a write costs as much as many publishes.
    private static var collectTime: TimeAmount { .microseconds(200) }

    /// Writes what waits, then again when the system has taken it: never more than one write is under way, so a server
    /// that does not read fills the bounded outbox, not the memory.
    ///
    /// A publish after a pause is written in the same turn of the loop; many in a row go together.
    func drain() {
        // What waits must not be given to a link that is ending: the next one sends it.
        guard let link, link.isOpen else { return }
        let buffers = shared.withLock { $0.take(upTo: Self.writeLimit) }
        guard !buffers.isEmpty, let written = link.write(buffers) else { return }
        let now = NIODeadline.now()
        let isBusy = now - lastWrite < Self.busyInterval
        lastWrite = now
        scheduleConfirm()
        written.assumeIsolated().whenSuccess {
            if self.link === link { self.drainAgain(isBusy: isBusy) }
        }
    }

    private func drainAgain(isBusy: Bool) {
        switch shared.withLock({ $0.settle(mayRest: !isBusy) }) {
        case .rest: break
        // The next turn, so that reads have theirs.
        case .now: eventLoop.assumeIsolated().execute { self.drain() }
        case .soon: eventLoop.assumeIsolated().scheduleTask(in: Self.collectTime) { self.drain() }
        }
    }

    /// A probe of a link. One that is not the link yet is looked at by its answers anyway.
    func probe(_ source: NATSLink) {
        if source === link { ping() }
    }

    private func ping() {
        let pinged = shared.withLock { $0.ping(nil) }
        if pinged == true { drain() }
    }

    func confirm(_ source: NATSLink) {
        guard source === link else { return confirmMove() }
        // Who waits for the answer finds what came before it counted.
        deliveredBatch()
        shared.withLock { $0.pong() }?.succeed()
    }

    private func scheduleConfirm() {
        guard !isConfirmScheduled, !closing.isFinished else { return }
        isConfirmScheduled = true
        eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(configuration.confirmInterval)) {
            self.isConfirmScheduled = false
            let (isOpen, hasPing) = self.shared.withLock { ($0.isReady && $0.hasUnconfirmed, $0.hasOpenPing) }
            guard isOpen else { return }
            if !hasPing { self.ping() }
            self.scheduleConfirm()
        }
    }

    func deliver(_ message: NATSMessage, to number: UInt64, from source: NATSLink) {
        if recent?.number != number { recent = shared.withLock { $0.subscription(number) } }
        guard let subscription = recent, subscription.isActive else { return }
        if overlap != nil { return deliverMoving(message, to: subscription, from: source) }
        received += 1
        subscription.deliver(message)
    }

    /// The end of what was read at once.
    func deliveredBatch() {
        recent = nil
        guard received > 0 else { return }
        let count = received
        received = 0
        shared.withLock { $0.counters.received += count }
    }
}
