import NIOCore
import PluginKit
import WebSocketWire

/// A socket's membership in topics of its event loop. Used on that loop only.
package final class Member {
    /// A topic and this member's place in its list.
    struct Join {
        var topic: LoopTopic
        var index: Int
    }

    /// The socket lets go of its membership when it closes.
    let port: any OutPort
    /// Bytes that may wait for this socket before it counts as too far behind.
    let limit: Int
    var joins: [Join] = []
    /// Frames of this tick when the socket is on several topics.
    var own = Run()
    var isBehind = false

    package init(port: any OutPort, limit: Int) {
        self.port = port
        self.limit = limit
    }
}

/// The sockets of one event loop that want one pattern.
final class LoopTopic {
    let pattern: SubjectKey
    private(set) var members: [Member] = []
    /// How many of `members` are on other topics too.
    private(set) var severalCount = 0
    /// Frames of this tick, for the members that are on this topic alone.
    var run = Run()

    init(_ pattern: SubjectKey) {
        self.pattern = pattern
    }

    func add(_ member: Member) {
        if member.joins.count == 1 { member.joins[0].topic.severalCount += 1 }
        member.joins.append(Member.Join(topic: self, index: members.count))
        if member.joins.count > 1 { severalCount += 1 }
        members.append(member)
    }

    /// Takes the member out in O(1): the last one moves into its place.
    func remove(_ member: Member) {
        guard let position = member.joins.firstIndex(where: { $0.topic === self }) else { return }
        let index = member.joins.remove(at: position).index
        if !member.joins.isEmpty { severalCount -= 1 }
        if member.joins.count == 1 { member.joins[0].topic.severalCount -= 1 }
        let last = members.removeLast()
        guard last !== member else { return }
        members[index] = last
        if let moved = last.joins.firstIndex(where: { $0.topic === self }) { last.joins[moved].index = index }
    }
}

/// Encoded frames, one behind the other, ready to be written to any socket that wants them.
struct Run {
    var frames = ByteBuffer()
    /// Messages in `frames`.
    var count = 0

    mutating func append(_ opcode: Opcode, _ payload: Payload) {
        let header = FrameWriter.header(opcode, payloadCount: payload.count)
        frames.writeBytes(header)
        frames.writeBytes(payload)
        count += 1
    }
}
