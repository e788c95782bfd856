package import NIOCore
import PluginKit
import WebSocketWire

/// The fan-out of one event loop: what arrived in a tick is encoded once, merged per socket, and written once.
///
/// Used on its event loop only, from `join` to the drain that `LoopInbox` schedules there.
package final class LoopHub: @unchecked Sendable {  // proof: every entry point asserts that it runs on `loop`
    private let hub: Hub
    private let loop: any EventLoop
    private var topics: [SubjectKey: LoopTopic] = [:]
    private var inbox: LoopInbox!
    private var arrived: [LoopInbox.Entry] = []
    private var dirtyTopics: [LoopTopic] = []
    private var dirtyMembers: [Member] = []
    /// Memory of the last tick's frames, used again if no socket still holds on to it.
    private var spare = ByteBuffer()

    /// Messages handed to sockets, and sockets closed for being too far behind. Read on the loop.
    package private(set) var deliveries = 0
    package private(set) var slowConsumersClosed = 0

    package init(hub: Hub, loop: any EventLoop) {
        self.hub = hub
        self.loop = loop
        inbox = LoopInbox(loop: loop) { [unowned self] in self.drain() }
    }

    /// Delivers messages on `pattern` to `member` from now on. Joining twice is one membership.
    package func join(_ member: Member, _ pattern: String) {
        loop.assertInEventLoop()
        let pattern = SubjectKey(pattern)
        guard !member.joins.contains(where: { $0.topic.pattern == pattern }) else { return }
        let topic: LoopTopic
        if let known = topics[pattern] {
            topic = known
        } else {
            topic = LoopTopic(pattern)
            topics[pattern] = topic
            hub.retain(pattern, inbox: inbox)
        }
        topic.add(member)
    }

    package func leave(_ member: Member, _ pattern: String) {
        loop.assertInEventLoop()
        let pattern = SubjectKey(pattern)
        guard let topic = member.joins.first(where: { $0.topic.pattern == pattern })?.topic else { return }
        remove(member, topic)
    }

    /// The socket is gone: it leaves everything.
    package func leaveAll(_ member: Member) {
        loop.assertInEventLoop()
        while let topic = member.joins.last?.topic { remove(member, topic) }
    }

    private func remove(_ member: Member, _ topic: LoopTopic) {
        topic.remove(member)
        guard topic.members.isEmpty else { return }
        topics[topic.pattern] = nil
        hub.release(topic.pattern, inbox: inbox)
    }

    // MARK: One tick

    private func drain() {
        loop.assertInEventLoop()
        inbox.take(&arrived)
        var topic: LoopTopic?
        for entry in arrived {
            if topic?.pattern != entry.pattern { topic = topics[entry.pattern] }
            if let topic { append(entry.message, to: topic) }
        }
        arrived.removeAll(keepingCapacity: arrived.count < 4096)
        for topic in dirtyTopics { write(topic) }
        dirtyTopics.removeAll(keepingCapacity: true)
        for member in dirtyMembers { send(&member.own, to: member) }
        dirtyMembers.removeAll(keepingCapacity: true)
    }

    private func append(_ message: BusMessage, to topic: LoopTopic) {
        let isText = message.frame == .text || message.frame == .unspecified && message.payload.isValidUTF8
        if topic.severalCount < topic.members.count {
            if topic.run.count == 0 {
                swap(&topic.run.frames, &spare)
                topic.run.frames.clear()
                dirtyTopics.append(topic)
            }
            topic.run.append(isText ? .text : .binary, message.payload)
        }
        // A socket on several subjects gets its messages in the order they came, across subjects.
        guard topic.severalCount > 0 else { return }
        for member in topic.members where member.joins.count > 1 {
            if member.own.count == 0 { dirtyMembers.append(member) }
            member.own.append(isText ? .text : .binary, message.payload)
        }
    }

    private func write(_ topic: LoopTopic) {
        // A copy: a write may make sockets leave or join while we walk the list. Who was on several subjects when the
        // messages came has frames of its own, whatever it is on now.
        let members = topic.members
        for member in members where member.own.count == 0 { deliver(topic.run, to: member) }
        topic.run.count = 0
        if topic.run.frames.capacity <= 1 << 20 { swap(&topic.run.frames, &spare) }
        topic.run.frames = ByteBuffer()
    }

    private func send(_ run: inout Run, to member: Member) {
        deliver(run, to: member)
        run = Run()
    }

    private func deliver(_ run: Run, to member: Member) {
        // A socket that left during this very drain has no joins.
        guard run.count > 0, !member.isBehind, !member.joins.isEmpty else { return }
        guard member.port.queuedBytes <= member.limit else {
            member.isBehind = true
            slowConsumersClosed += 1
            return member.port.fellBehind()
        }
        deliveries += run.count
        member.port.write(run.frames)
    }
}

extension Payload {
    fileprivate var isValidUTF8: Bool {
        var validator = UTF8Validator()
        return validator.consume(span) && validator.isComplete
    }
}
