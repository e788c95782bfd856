package import NIOCore
package import PluginKit
package import WebSocketWire

/// The fan-out of one event loop: what arrived in a tick is encoded once, merged per client, and written once.
///
/// Used on its event loop only, from `join` to the drain that `LoopInbox` schedules there.
package final class LoopHub: @unchecked Sendable {  // proof: every entry point asserts that it runs on `loop`
    let loop: any EventLoop
    private let hub: Hub
    var topics: [FeedKey: LoopTopic] = [:]
    private var encoders: [Encoding: Encoder] = [:]
    private var deflaters: [DeflateEncoding: Deflater] = [:]
    var inbox: LoopInbox!
    var arrivals = LoopInbox.Arrivals()
    var dirtyLanes: [Lane] = []
    /// Memory of the last tick's frames, used again if no client still holds on to it.
    var spare: Chunk?
    var isDraining = false
    /// Writes to clients that catch up are under way.
    var writes = 0
    /// Who joins in the middle of a tick or a write joins when that is over: what is half written is not divided.
    var lateJoins: [(member: Member, feed: Feed)] = []
    /// Members with a lane of their own that may go back to the shared one when the tick is over.
    var unsettled: [Member] = []

    /// Members that are sent what was kept.
    var replays: [Replay] = []

    /// Bytes that lanes may keep for members that are behind, all together, and that may wait for the loop itself.
    package var budget: Int {
        didSet { inbox.setBound(max(budget, Self.smallestInbox)) }
    }
    /// Less than a burst is no sign of a loop that cannot keep up.
    private static let smallestInbox = 4 << 20
    /// Lanes that keep chunks, and how many bytes those are.
    var retainedLanes: [Lane] = []
    package var retainedBytes = 0
    var isWatchingAge = false

    /// Counted since the start; read on the loop.
    package var statistics = FanOutStatistics()

    package init(hub: Hub, loop: any EventLoop, budget: Int = 256 << 20) {
        self.hub = hub
        self.loop = loop
        self.budget = budget
        inbox = LoopInbox(loop: loop, bound: max(budget, Self.smallestInbox)) { [unowned self] in self.drain() }
        hub.register(inbox)
    }

    // MARK: Membership

    /// Delivers a feed to `member` from now on. Joining a subject twice is one membership.
    package func join(_ member: Member, _ feed: Feed) {
        loop.assertInEventLoop()
        let subject = SubjectKey(feed.subject)
        guard !member.isBehind, !member.joins.contains(where: { $0.topic.key.subject == subject }) else { return }
        if let replay = member.replay { return replay.later.append(feed) }
        if isDraining || writes > 0 { return lateJoins.append((member, feed)) }
        if member.joins.isEmpty { member.adopt(feed) }
        let topic = topic(of: feed)
        member.joins.append(Member.Join(topic: topic, index: -1))
        if let history = feed.history, let start = feed.start, member.joins.count == 1 {
            let replay = Replay(self, member, topic, history, start)
            member.replay = replay
            return replay.begin()
        }
        enter(member, topic)
    }

    private func topic(of feed: Feed) -> LoopTopic {
        let blocks = feed.slowPolicy == .blockPublisher && feed.history == nil && hub.canBlock
        let key = FeedKey(
            subject: SubjectKey(feed.subject), history: feed.history.map { ObjectIdentifier($0) }, blocks: blocks)
        if let known = topics[key] { return known }
        let topic = LoopTopic(key, hub.retain(key, history: feed.history, inbox: inbox))
        topics[key] = topic
        return topic
    }

    /// The member reads from the topic from now on.
    func enter(_ member: Member, _ topic: LoopTopic) {
        if member.joins.count == 1 {
            return topic.lane(member.encoding) { encoder(member.encoding) }.add(member)
        }
        if !member.isPrivate { separate(member) }
        topic.addPrivate(member)
    }

    package func leave(_ member: Member, _ subject: String) {
        loop.assertInEventLoop()
        let key = SubjectKey(subject)
        lateJoins.removeAll { $0.member === member && SubjectKey($0.feed.subject) == key }
        member.replay?.later.removeAll { SubjectKey($0.subject) == key }
        guard let topic = member.joins.first(where: { $0.topic.key.subject == key })?.topic else { return }
        // What waited for the replay of this feed waits for nothing any more.
        let later = member.replay?.later ?? []
        remove(member, topic)
        for feed in later { join(member, feed) }
    }

    /// The client is gone: it leaves everything.
    package func leaveAll(_ member: Member) {
        loop.assertInEventLoop()
        if !lateJoins.isEmpty { lateJoins.removeAll { $0.member === member } }
        while let topic = member.joins.last?.topic { remove(member, topic) }
    }

    private func remove(_ member: Member, _ topic: LoopTopic) {
        if member.isJamming { unjam(member, topic) }
        member.replay?.cancel()
        if member.isPrivate { topic.removePrivate(member) }
        member.joins.removeAll { $0.topic === topic }
        if member.joins.isEmpty {
            detach(member, from: topic)
            member.isPrivate = false
            member.isJamming = false
        } else {
            settle(member)
        }
        guard topic.isEmpty else { return }
        topics[topic.key] = nil
        hub.release(topic.key, inbox: inbox)
    }

    /// Out of the lane it reads from.
    private func detach(_ member: Member, from topic: LoopTopic?) {
        guard let lane = member.lane else { return }
        lane.remove(member)
        lane.trim()
        account(lane)
        if lane.memberCount == 0 { topic?.drop(lane) }
    }

    func encoder(_ encoding: Encoding) -> Encoder {
        if let known = encoders[encoding] { return known }
        let encoder = Encoder(encoding, encoding.compression.map(deflater))
        encoders[encoding] = encoder
        return encoder
    }

    /// What compresses for all sockets of the loop that agreed to these terms.
    package func deflater(_ terms: DeflateEncoding) -> Deflater {
        if let known = deflaters[terms] { return known }
        let deflater = Deflater(terms)
        deflaters[terms] = deflater
        return deflater
    }

    // MARK: Lanes of one member

    /// Gives the member a lane of its own, which begins with what it has still to get from the shared one.
    private func separate(_ member: Member) {
        let own = Lane(encoder(member.encoding))
        let topic = member.joins[0].topic
        let (hasCursor, offset, rest) = (member.chunk != nil, member.offset, member.lane?.rest(of: member) ?? [])
        detach(member, from: topic)
        own.add(member)
        if hasCursor { own.park(member, from: offset) }
        for chunk in rest { own.adopt(chunk) }
        topic.addPrivate(member)
        account(own)
        member.isPrivate = true
    }

    /// Back to the shared lane, if the member is on one feed and has all of its own lane.
    func settle(_ member: Member) {
        guard member.isPrivate, member.joins.count == 1, let own = member.lane else { return }
        if isDraining { return unsettled.append(member) }
        guard member.chunk == nil else { return }
        own.remove(member)
        member.isPrivate = false
        let topic = member.joins[0].topic
        topic.removePrivate(member)
        enter(member, topic)
    }

    // MARK: Replays

    /// The replay is told whenever a tick is over, and of the link to the bus.
    func add(_ replay: Replay) {
        replay.index = replays.count
        replays.append(replay)
    }

    /// In O(1): the last one moves into its place.
    func remove(_ replay: Replay) {
        let last = replays.removeLast()
        guard last !== replay else { return }
        replays[replay.index] = last
        last.index = replay.index
    }
}

/// Counters of one loop's fan-out, or of several together.
package struct FanOutStatistics: Sendable {
    /// Messages handed to clients.
    package var deliveries = 0
    package var slowConsumersClosed = 0
    /// Messages that clients of the policy `drop-oldest` lost.
    package var messagesDropped = 0
    /// Messages that were not taken in because the loop was too far behind.
    package var messagesOverrun = 0
    /// How often publishers were made to wait.
    package var publishersBlocked = 0
    /// Clients closed because what was kept for them could not be read.
    package var replaysFailed = 0

    package init() {}

    package mutating func add(_ other: FanOutStatistics) {
        deliveries += other.deliveries
        slowConsumersClosed += other.slowConsumersClosed
        messagesDropped += other.messagesDropped
        messagesOverrun += other.messagesOverrun
        publishersBlocked += other.publishersBlocked
        replaysFailed += other.replaysFailed
    }
}
