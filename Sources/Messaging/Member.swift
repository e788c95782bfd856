import NIOCore
import PluginKit

/// A client's membership in feeds of its event loop. Used on that loop only.
///
/// It reads from one lane: the one that all members of a feed share, or one of its own if it is on several feeds.
package final class Member {
    /// A feed and this member's place in its list of those that read elsewhere.
    struct Join {
        var topic: LoopTopic
        var index: Int
    }

    /// The client lets go of its membership when it closes.
    let port: any OutPort
    /// ``Socket/id``.
    let id: UInt64
    /// Bytes that may wait for this client before it counts as too far behind.
    let limit: Int
    let framing: Encoding.Framing
    var joins: [Join] = []

    /// What the first feed said.
    var format = Feed.Format.raw
    var skipsOwn = false
    var slowPolicy = Feed.SlowPolicy.close
    /// Nanoseconds.
    var maxLag = UInt64.max

    var lane: Lane?
    /// Where its cursor stands; nil if it is live.
    var chunk: Chunk?
    /// Messages of `chunk` that it has already, or does not want.
    var offset = 0
    /// Its place in `lane.live` or `chunk.readers`.
    var index = 0
    /// Its own lane is in use.
    var isPrivate = false
    /// Messages that it lost and has not been told of.
    var dropped = 0
    var isBehind = false
    /// Publishers wait for it.
    var isJamming = false
    /// Sends what was kept before it goes live.
    var replay: Replay?

    package init(
        port: any OutPort, limit: Int, id: UInt64 = 0, framing: Encoding.Framing = .frames(nil)
    ) {
        self.port = port
        self.limit = limit
        self.id = id
        self.framing = framing
    }

    var encoding: Encoding { Encoding(format: format, framing: framing) }

    func adopt(_ feed: Feed) {
        format = feed.format
        skipsOwn = feed.skipsOwn
        slowPolicy = feed.slowPolicy
        maxLag = feed.maxLag.map { UInt64(clamping: TimeAmount($0).nanoseconds) } ?? .max
    }
}
