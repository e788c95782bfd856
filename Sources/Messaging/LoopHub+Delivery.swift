import NIOCore
import PluginKit

/// How messages get from the inbox to the clients: one tick, and what a client gets when it has room again.
extension LoopHub {
    func drain() {
        loop.assertInEventLoop()
        inbox.take(&arrived)
        isDraining = true
        var topic: LoopTopic?
        for entry in arrived {
            switch entry {
            case .message(let from, let message):
                if from.key.blocks { from.landed(message) }
                if topic?.hubTopic !== from { topic = topics[from.key] }
                guard let topic else { continue }
                if let position = message.position { topic.position?.sequence = position.sequence }
                append(.message(message, epoch: topic.position?.epoch), to: topic)
            case .started(let from, let token):
                topics[from.key]?.position = token
            case .lost(let from, let token):
                guard let topic = topics[from.key] else { continue }
                topic.position = token
                append(.notice(.gap(after: token)), to: topic)
            case .link(let isUp):
                tell(.bus(isUp: isUp)) { _ in true }
                // Nobody knows what was published meanwhile, unless a stream has kept it.
                if isUp { tell(.gap(after: nil)) { $0.key.history == nil } }
            }
        }
        arrived.removeAll(keepingCapacity: arrived.count < 4096)
        while let lane = dirtyLanes.popLast() { flush(lane) }
        isDraining = false
        // A copy: some go.
        for replay in replays { replay.positionChanged() }
        if !unsettled.isEmpty { settleAll() }
    }

    private func settleAll() {
        let members = unsettled
        unsettled = []
        for member in members { settle(member) }
    }

    /// Everybody on such a feed, once.
    private func tell(_ notice: Envelope.Notice, _ concerns: (LoopTopic) -> Bool) {
        for topic in topics.values where concerns(topic) {
            for lane in topic.lanes { append(.notice(notice), to: lane) }
            for member in topic.privateMembers
            where member.joins.first(where: { concerns($0.topic) })?.topic === topic {
                if let lane = member.lane { append(.notice(notice), to: lane) }
            }
        }
    }

    private func append(_ content: Content, to topic: LoopTopic) {
        for lane in topic.lanes { append(content, to: lane) }
        guard !topic.privateMembers.isEmpty else { return }
        for member in topic.privateMembers { if let lane = member.lane { append(content, to: lane) } }
    }

    private func append(_ content: Content, to lane: Lane) {
        if lane.tail == nil, let chunk = spare {
            spare = nil
            lane.open(chunk)
        }
        let isFull = lane.append(content)
        if !lane.isDirty {
            lane.isDirty = true
            dirtyLanes.append(lane)
        }
        if isFull { writeTail(of: lane) }
    }

    private func flush(_ lane: Lane) {
        lane.isDirty = false
        writeTail(of: lane)
    }

    /// Ends the chunk of this tick: to who is live at once, kept for who is not.
    private func writeTail(of lane: Lane) {
        guard let chunk = lane.seal() else { return }
        writing {
            // A copy: a write may make others leave while we walk the list.
            for member in lane.live where member.lane === lane && member.chunk == nil {
                if member.port.queuedBytes > 0 {
                    lane.park(member, at: chunk)
                } else {
                    write(chunk.content(for: member), to: member)
                    if member.lane === lane, member.port.queuedBytes > 0 { lane.park(member) }
                }
            }
        }
        if lane.isWanted(chunk) {
            chunk.time = Self.now()
            lane.keep(chunk)
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

    private func writing(_ body: () -> Void) {
        writes += 1
        body()
        writes -= 1
        guard writes == 0, !lateJoins.isEmpty else { return }
        let joins = lateJoins
        lateJoins = []
        for (member, feed) in joins { join(member, feed) }
    }

    // MARK: Members with a cursor

    /// All that was queued for the client has been taken: it gets more of what waits for it.
    package func ready(_ member: Member) {
        loop.assertInEventLoop()
        if let replay = member.replay { return replay.portIsReady() }
        catchUp(member)
    }

    func catchUp(_ member: Member) {
        while let lane = member.lane, let chunk = member.chunk, member.port.queuedBytes == 0 {
            if chunk === lane.tail {
                lane.unpark(member)
                return settle(member)
            }
            let (content, next) = lane.take(member)
            lane.park(member, at: next)
            lane.trim()
            account(lane)
            relieve(member)
            writing {
                if member.dropped > 0 { tellOfDrops(member, lane) }
                write(content, to: member)
            }
        }
    }

    private func tellOfDrops(_ member: Member, _ lane: Lane) {
        var bytes = ByteBuffer()
        if lane.encoder.append(.notice(.dropped(member.dropped)), to: &bytes) { member.port.write(bytes) }
        member.dropped = 0
    }

    /// Nanoseconds of the monotonic clock.
    static func now() -> UInt64 { NIODeadline.now().uptimeNanoseconds }
}
