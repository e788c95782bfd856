import NIOCore
import PluginKit

/// How messages get from the inbox to the clients: one tick, and what a client gets when it has room again.
extension LoopHub {
    func drain() {
        loop.assertInEventLoop()
        // Moved out and in again, so that nobody need check who else looks at it meanwhile.
        var arrived = LoopInbox.Arrivals()
        swap(&arrived, &arrivals)
        inbox.take(&arrived)
        isDraining = true
        deliver(arrived)
        while let lane = dirtyLanes.popLast() { flush(lane) }
        isDraining = false
        arrived.removeAll()
        swap(&arrived, &arrivals)
        // A copy: some go.
        for replay in replays { replay.positionChanged() }
        if !unsettled.isEmpty { settleAll() }
        joinLate()
    }

    private func deliver(_ arrived: LoopInbox.Arrivals) {
        let messages = arrived.messages.span
        var topic: LoopTopic?
        var next = 0
        for (place, event) in arrived.events {
            append(messages.extracting(next..<place), &topic)
            next = place
            handle(event)
        }
        append(messages.extracting(next...), &topic)
    }

    /// `topic` is that of the message before.
    private func append(_ messages: Span<LoopInbox.Arrival>, _ topic: inout LoopTopic?) {
        for index in messages.indices {
            if messages[index].topic.key.blocks { landed(messages[index].message.payload.count, messages[index].topic) }
            if topic?.hubTopic !== messages[index].topic { topic = self.topic(of: messages[index].topic) }
            if let topic { append(messages[index].message, to: topic) }
        }
    }

    private func handle(_ event: LoopInbox.Event) {
        switch event {
        case .started(let from, let token):
            topic(of: from)?.begin(at: token)
        case .lost(let from, let token):
            if let topic = topic(of: from) { lose(upTo: token, topic) }
        case .overrun(let from, let lost):
            overrun(from, lost)
        case .link(let isUp):
            tell(.bus(isUp: isUp)) { _ in true }
            // Nobody knows what was published meanwhile, unless a stream has kept it.
            if isUp { tell(.gap(after: nil)) { $0.key.history == nil } }
        }
    }

    /// What a history had up to a place is gone.
    private func lose(upTo place: HistoryToken, _ topic: LoopTopic) {
        guard let isNewLife = topic.lose(upTo: place) else { return }
        tell(.gap(after: place), beginsLife: isNewLife, on: topic)
    }

    /// Messages that this loop was too far behind to take in: everybody on the feed is told.
    private func overrun(_ from: HubTopic, _ lost: LoopInbox.Overrun) {
        statistics.messagesOverrun += lost.count
        if from.key.blocks { landed(lost.bytes, from) }
        guard let topic = topic(of: from) else { return }
        guard from.key.history != nil else { return tell(.gap(after: nil), beginsLife: false, on: topic) }
        lose(upTo: HistoryToken(epoch: topic.position?.epoch, sequence: lost.lastSequence), topic)
    }

    private func tell(_ notice: Envelope.Notice, beginsLife: Bool, on topic: LoopTopic) {
        for lane in topic.lanes { append(notice, beginsLife: beginsLife, to: lane) }
        for member in topic.privateMembers {
            if let lane = member.lane { append(notice, beginsLife: beginsLife, to: lane) }
        }
    }

    /// Publishers may have waited for this loop. They go on when the tick is over: they do as they like.
    private func landed(_ bytes: Int, _ topic: HubTopic) {
        guard let congestion = topic.landed(bytes) else { return }
        loop.execute { congestion.relieve() }
    }

    /// Nil if what arrived is of a subscription that has ended meanwhile.
    private func topic(of from: HubTopic) -> LoopTopic? {
        guard let topic = topics[from.key], topic.hubTopic === from else { return nil }
        return topic
    }

    private func settleAll() {
        let members = unsettled
        unsettled = []
        for member in members { settle(member) }
    }

    private func joinLate() {
        guard !lateJoins.isEmpty else { return }
        let joins = lateJoins
        lateJoins = []
        for (member, feed) in joins { join(member, feed) }
    }

    /// Everybody on such a feed, once.
    private func tell(_ notice: Envelope.Notice, _ concerns: (LoopTopic) -> Bool) {
        for replay in replays where concerns(replay.topic) { replay.tell(notice) }
        for topic in topics.values where concerns(topic) {
            for lane in topic.lanes { append(notice, to: lane) }
            for member in topic.privateMembers
            where member.joins.first(where: { concerns($0.topic) })?.topic === topic {
                if let lane = member.lane { append(notice, to: lane) }
            }
        }
    }

    private func append(_ message: BusMessage, to topic: LoopTopic) {
        // Before a history has begun here, what comes is left over from those who left the feed.
        if topic.key.history != nil, !topic.advance(to: message) { return }
        let epoch = topic.position?.epoch
        for lane in topic.lanes { append(message, epoch: epoch, to: lane) }
        guard !topic.privateMembers.isEmpty else { return }
        for member in topic.privateMembers { if let lane = member.lane { append(message, epoch: epoch, to: lane) } }
    }

    private func append(_ message: BusMessage, epoch: String?, to lane: Lane) {
        prepare(lane)
        if lane.append(message, epoch: epoch) { writeTail(of: lane) }
    }

    private func append(_ notice: Envelope.Notice, beginsLife: Bool = false, to lane: Lane) {
        guard lane.encoder.sendsNotices else { return }
        prepare(lane)
        if lane.append(notice, beginsLife: beginsLife) { writeTail(of: lane) }
    }

    private func prepare(_ lane: Lane) {
        if lane.tail == nil, let chunk = spare {
            spare = nil
            lane.open(chunk)
        }
        guard !lane.isDirty else { return }
        lane.isDirty = true
        dirtyLanes.append(lane)
    }

    private func flush(_ lane: Lane) {
        lane.isDirty = false
        writeTail(of: lane)
    }

    /// Ends the chunk of this tick: to who is live at once, kept for who is not.
    private func writeTail(of lane: Lane) {
        guard let chunk = lane.seal() else { return }
        // A copy: a write may make others leave while we walk the list.
        for member in lane.live where member.lane === lane && member.chunk == nil {
            if member.port.queuedBytes > 0 {
                lane.park(member, at: chunk)
            } else {
                write(chunk.content(for: member), to: member)
                if member.lane === lane, member.port.queuedBytes > 0 { lane.park(member) }
            }
        }
        if lane.isWanted(chunk) {
            chunk.time = now
            spare = lane.keep(chunk) ?? spare
            account(lane)
            enforce(lane)
        } else {
            chunk.clear()
            spare = chunk
        }
    }

    private func write(_ content: (bytes: ByteBuffer, count: Int), to member: Member) {
        guard content.count > 0 else { return }
        statistics.deliveries += content.count
        member.port.write(content.bytes)
    }

    // MARK: Members with a cursor

    /// All that was queued for the client has been taken: it gets more of what waits for it.
    package func ready(_ member: Member) {
        loop.assertInEventLoop()
        if let replay = member.replay { return replay.portIsReady() }
        catchUp(member)
    }

    func catchUp(_ member: Member) {
        writes += 1
        while let lane = member.lane, let chunk = member.chunk, member.port.queuedBytes == 0 {
            if member.dropped > 0 {
                tellOfDrops(member, lane)
            } else if chunk === lane.tail {
                lane.unpark(member)
                settle(member)
            } else {
                let (content, next) = lane.take(member)
                lane.park(member, at: next)
                lane.trim()
                account(lane)
                relieve(member)
                write(content, to: member)
            }
        }
        writes -= 1
        if writes == 0, !isDraining { joinLate() }
    }

    private func tellOfDrops(_ member: Member, _ lane: Lane) {
        let dropped = member.dropped
        member.dropped = 0
        tell(.dropped(dropped), to: member, lane.encoder)
    }

    /// Tells a client directly, if it gets notices.
    func tell(_ notice: Envelope.Notice, to member: Member, _ encoder: Encoder) {
        guard encoder.sendsNotices else { return }
        var bytes = ByteBuffer()
        encoder.append(notice, to: &bytes)
        member.port.write(bytes)
    }

    /// Nanoseconds of the loop's clock.
    var now: UInt64 { loop.now.uptimeNanoseconds }
}
