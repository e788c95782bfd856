internal import Logging
internal import NIOCore

/// The way from a server that is about to stop to another: a second link, and what it has been told.
struct NATSMove {
    let link: NATSLink
    let info: NATSServerInfo
    /// Numbers the new server knows.
    var subscribed: Set<UInt64> = []
    /// The new server has the subscriptions.
    var isConfirmed = false
    /// The old server has been told to send nothing more.
    var isLeaving = false
}

/// Leaving a server in lame-duck mode, so that nothing is lost: both links have all subscriptions for a moment, the old
/// one is asked whether it has and gave everything, and the new one sends a moment later. Nothing else is published
/// meanwhile, so the order stays.
extension NATSSupervisor {
    /// How long a cluster gets to tell all its servers of the new link's subscriptions.
    private static var settleTime: TimeAmount { .milliseconds(250) }

    func update(_ info: NATSServerInfo, of link: NATSLink) {
        guard link === self.link else { return }
        pool.learn(info.connectURLs, from: link.server)
        shared.withLock { $0.maxPayload = info.maxPayload }
        change(.connected(info))
        guard info.isLameDuck, !isTrying, move == nil, !closing.hasBegun else { return }
        logger.notice("the NATS server is about to stop: looking for another", metadata: ["server": "\(link.server)"])
        connect()
    }

    /// Another server took us while the link lives.
    func beginMove(to link: NATSLink, _ info: NATSServerInfo) {
        var move = NATSMove(link: link, info: info)
        let lines = shared.withLock { shared in
            shared.maxPayload = min(shared.maxPayload, info.maxPayload)
            return shared.missingLines(known: &move.subscribed)
        }
        self.move = move
        overlap = NATSOverlap()
        link.write([ByteBuffer(string: lines + NATSCommand.ping)])
    }

    /// The new server answered.
    func confirmMove() {
        guard move?.isConfirmed == false else { return }
        move?.isConfirmed = true
        eventLoop.assumeIsolated().scheduleTask(in: Self.settleTime) { [link = move?.link] in
            if let link, link === self.move?.link { self.leave() }
        }
    }

    /// Gives the old server what waits, and asks for a last answer.
    private func leave() {
        guard var move, let old = link, old.isOpen else { return }
        let promise = eventLoop.makePromise(of: Void.self)
        let (toNew, toOld) = shared.withLock { shared in
            (shared.missingLines(known: &move.subscribed), shared.beginMove(promise))
        }
        move.isLeaving = true
        self.move = move
        if !toNew.isEmpty { move.link.write([ByteBuffer(string: toNew)]) }
        old.write(toOld)
        promise.futureResult.assumeIsolated().whenSuccess { self.finishMove(from: old) }
    }

    private func finishMove(from old: NATSLink) {
        guard let move, old === link else { return }
        deliveredBatch()
        link = move.link
        endOverlap()
        self.move = nil
        old.retire()
        shared.withLock { shared in
            shared.maxPayload = move.info.maxPayload
            shared.counters.reconnects += 1
        }
        becameReady(move.link, move.info, discarded: 0)
        settle()
        if closing.hasBegun { drainLink() }
    }

    /// What the old server passed on may still be under way inside the cluster: what is published now would overtake
    /// it, and waits a moment.
    private func settle() {
        eventLoop.assumeIsolated().scheduleTask(in: Self.settleTime) { [link] in
            guard link === self.link, self.move?.isLeaving != true else { return }
            self.shared.withLock { $0.isMoving = false }
            self.drain()
        }
    }

    /// What came for one of the two links.
    func deliverMoving(_ message: NATSMessage, to subscription: NATSSubscription, from source: NATSLink) {
        let number = subscription.number
        if subscription.queue != nil {
            received += 1
            return subscription.deliver(message)
        }
        if move == nil {
            if overlap?.wasDelivered(message, to: number) == true { return }
        } else if source === link {
            overlap?.deliver(message, to: number)
        } else {
            overlap?.hold(message, for: number)
        }
        if overlap?.isFull == true {
            logger.warning("much came while moving between NATS servers: some of it may come twice")
            deliverHeld()
            overlap = nil
        }
        guard source === link else { return }
        received += 1
        subscription.deliver(message)
    }

    /// The old link gives no more. Copies of what it gave may come on the new one for a while.
    private func endOverlap() {
        deliverHeld()
        eventLoop.assumeIsolated().scheduleTask(in: Self.settleTime) {
            if self.move == nil { self.overlap = nil }
        }
    }

    private func deliverHeld() {
        for (number, message) in overlap?.end() ?? [] {
            guard let subscription = shared.withLock({ $0.subscriptions[number] }), subscription.isActive else {
                continue
            }
            received += 1
            subscription.deliver(message)
        }
        deliveredBatch()
    }

    /// There is no need for another server any more.
    func dropMove() {
        guard let move else { return }
        self.move = nil
        overlap = nil
        move.link.retire()
    }

    /// The new link ended before it was needed.
    func moveFailed(_ reason: NATSDisconnectReason) {
        guard let move else { return }
        logger.debug("no move to another NATS server", metadata: ["reason": "\(reason)"])
        self.move = nil
        guard move.isLeaving else {
            overlap = nil
            return retryLater()
        }
        // The old link has been told to go: there is none now.
        deliverHeld()
        overlap = nil
        link?.fail(reason)
    }

    /// The old link ended in the middle: the new one is there already.
    ///
    /// - Returns: false if there is none.
    func adoptMove() -> Bool {
        guard let move else { return false }
        endOverlap()
        self.move = nil
        shared.withLock { $0.isMoving = true }
        linkReady(move.link, move.info, known: move.subscribed)
        settle()
        return true
    }
}
