import PluginKit

/// The clients of one event loop that want one feed. Used on that loop only.
final class LoopTopic {
    let key: FeedKey
    let hubTopic: HubTopic
    /// One for each encoding in use.
    private(set) var lanes: [Lane] = []
    /// Members that read from a lane of their own.
    private(set) var privateMembers: [Member] = []
    /// Members to be, which are sent what was kept before they begin to read here.
    var joining = 0

    init(_ key: FeedKey, _ hubTopic: HubTopic) {
        self.key = key
        self.hubTopic = hubTopic
    }

    var isEmpty: Bool { lanes.isEmpty && privateMembers.isEmpty && joining == 0 }

    // MARK: A history's progress

    /// The place behind which its messages have come to this loop; nil until it has begun.
    private(set) var start: HistoryToken?
    /// The place up to which they have.
    private(set) var position: HistoryToken?
    /// How often the stream was made anew since.
    private(set) var lives = 0

    func begin(at token: HistoryToken) {
        start = start ?? token
        position = token
    }

    /// Returns false if the history has not begun.
    func advance(to message: BusMessage) -> Bool {
        if let sequence = message.position?.sequence { position?.sequence = sequence }
        return position != nil
    }

    /// What was kept up to `token` is gone. Returns whether sequences mean something else from now on; nil if the history
    /// has not begun.
    func lose(upTo token: HistoryToken) -> Bool? {
        guard let before = position else { return nil }
        position = token
        let isNewLife = token.epoch != before.epoch || token.sequence < before.sequence
        lives += isNewLife ? 1 : 0
        return isNewLife
    }

    // MARK: Lanes and members

    /// The lane of an encoding, made if there is none.
    func lane(_ encoding: Encoding, _ encoder: () -> Encoder) -> Lane {
        if let known = lanes.first(where: { $0.encoder.encoding == encoding }) { return known }
        let lane = Lane(encoder())
        lane.isIndexed = key.history != nil
        lanes.append(lane)
        return lane
    }

    func drop(_ lane: Lane) { lanes.removeAll { $0 === lane } }

    func addPrivate(_ member: Member) {
        guard let join = member.joins.firstIndex(where: { $0.topic === self }) else { return }
        member.joins[join].index = privateMembers.count
        privateMembers.append(member)
    }

    /// In O(1): the last one moves into its place.
    func removePrivate(_ member: Member) {
        guard let index = member.joins.first(where: { $0.topic === self })?.index else { return }
        let last = privateMembers.removeLast()
        guard last !== member else { return }
        privateMembers[index] = last
        if let moved = last.joins.firstIndex(where: { $0.topic === self }) { last.joins[moved].index = index }
    }
}
