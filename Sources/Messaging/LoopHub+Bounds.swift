import NIOCore
import PluginKit

/// What happens to members that are too far behind: by bytes, by age, or because the loop keeps too much for all of them.
extension LoopHub {
    /// Books what a lane keeps, after a change.
    func account(_ lane: Lane) {
        let retained = lane.retained
        guard retained != lane.accounted else { return }
        retainedBytes += retained - lane.accounted
        if lane.retainedIndex < 0 {
            lane.retainedIndex = retainedLanes.count
            retainedLanes.append(lane)
        } else if retained == 0 {
            let last = retainedLanes.removeLast()
            if last !== lane {
                retainedLanes[lane.retainedIndex] = last
                last.retainedIndex = lane.retainedIndex
            }
            lane.retainedIndex = -1
        }
        lane.accounted = retained
    }

    /// Looks at the members of a lane that has just kept something, the one furthest behind first.
    func enforce(_ lane: Lane) {
        enforceOwnBounds(lane)
        if retainedBytes > budget { shed() }
        if lane.shortestLag < .max, lane.retained > 0 { watchAge() }
    }

    private func enforceOwnBounds(_ lane: Lane) {
        let now = lane.shortestLag < .max ? now : 0
        var chunk = lane.chunks.first
        while let current = chunk, current !== lane.tail {
            // Behind this one nobody is that far behind, or for that long.
            let waiting = lane.end - current.start
            if waiting <= lane.smallestLimit, now < current.time || now - current.time <= lane.shortestLag { break }
            chunk = lane.next(after: current)
            // A copy: some move, and one's end may be the end of others.
            for member in current.readers where member.chunk === current && member.replay == nil {
                let isOld = now > current.time && now - current.time > member.maxLag
                if waiting > member.limit || isOld { meet(member, lane, isOld ? now : nil) }
            }
        }
    }

    /// The member's policy.
    private func meet(_ member: Member, _ lane: Lane, _ now: UInt64?) {
        switch member.slowPolicy {
        case .dropOldest: dropOldest(member, lane, now)
        case .blockPublisher where member.joins[0].topic.key.blocks && lane.lag(of: member) / 4 <= member.limit:
            jam(member)
        case .blockPublisher, .close: giveUp(member)
        }
    }

    /// Takes the member off all feeds and tells its client why; without a reason it is too slow.
    package func giveUp(_ member: Member, _ reason: MemberEnd? = nil) {
        guard !member.isBehind else { return }
        let waiting = (member.lane?.lag(of: member) ?? 0) + member.port.queuedBytes
        if reason == nil { statistics.slowConsumersClosed += 1 }
        member.isBehind = true
        leaveAll(member)
        member.port.end(reason ?? .tooSlow(waiting: waiting))
    }

    /// Moves the cursor so that no more waits than may, and nothing that is too old.
    private func dropOldest(_ member: Member, _ lane: Lane, _ now: UInt64?) {
        var chunk = member.chunk
        var offset = member.offset
        search: while let current = chunk, current !== lane.tail {
            let isOld = now.map { $0 > current.time && $0 - current.time > member.maxLag } ?? false
            let first = offset
            while offset < current.count, isOld || lane.end - current.start - current.begin(of: offset) > member.limit {
                offset += 1
            }
            drop(first..<offset, of: current, for: member)
            if offset < current.count { break search }
            chunk = lane.next(after: current)
            offset = 0
        }
        lane.park(member, at: chunk, from: offset)
        lane.trim()
        account(lane)
    }

    /// Counts what the member loses.
    private func drop(_ messages: Range<Int>, of chunk: Chunk, for member: Member) {
        let dropped = chunk.messageCount(messages, for: member)
        member.dropped += dropped
        statistics.messagesDropped += dropped
    }

    // MARK: Publishers that wait

    private func jam(_ member: Member) {
        guard !member.isJamming else { return }
        member.isJamming = true
        statistics.publishersBlocked += 1
        for join in member.joins { join.topic.hubTopic.jam(by: member.id) }
    }

    /// Not on the spot: who has waited does as it likes, and that may be to leave, or to close others.
    func unjam(_ member: Member, _ topic: LoopTopic) {
        guard let congestion = topic.hubTopic.clear(member.id) else { return }
        loop.execute { congestion.relieve() }
    }

    /// Half of what may wait is room enough.
    func relieve(_ member: Member) {
        guard member.isJamming, let lane = member.lane, lane.lag(of: member) <= member.limit / 2 else { return }
        member.isJamming = false
        for join in member.joins { unjam(member, join.topic) }
    }

    // MARK: All lanes together

    /// The loop keeps too much: the lanes that keep most let go of their oldest, whatever their members' own bounds say.
    ///
    /// Somewhat more than must be, so that they need not be compared again for each message.
    private func shed() {
        let goal = budget - budget / 16
        for lane in retainedLanes.sorted(by: { $0.retained > $1.retained }) {
            while retainedBytes > goal, let oldest = lane.chunks.first { shed(oldest, of: lane) }
        }
    }

    private func shed(_ oldest: Chunk, of lane: Lane) {
        // A copy, as above.
        for member in oldest.readers where member.chunk === oldest {
            if member.slowPolicy == .dropOldest, member.replay == nil {
                drop(member.offset..<oldest.count, of: oldest, for: member)
                lane.park(member, at: lane.next(after: oldest))
            } else {
                giveUp(member)
            }
        }
        lane.trim()
        account(lane)
    }

    // MARK: Age

    /// Looks once a second as long as there is something to look at: a member may be behind where nothing new comes.
    private func watchAge() {
        guard !isWatchingAge else { return }
        isWatchingAge = true
        let hub = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: .seconds(1)) { hub.value.lookAtAge() }
    }

    private func lookAtAge() {
        isWatchingAge = false
        for lane in retainedLanes where lane.shortestLag < .max { enforce(lane) }
    }
}
