import PluginKit

/// The clients of one event loop that want one feed. Used on that loop only.
final class LoopTopic {
    let key: FeedKey
    let hubTopic: HubTopic
    /// One for each encoding in use.
    private(set) var lanes: [Lane] = []
    /// Members that read from a lane of their own.
    private(set) var privateMembers: [Member] = []
    /// Of a history: the place up to which its messages have come to this loop; nil until it has begun.
    var position: HistoryToken?

    init(_ key: FeedKey, _ hubTopic: HubTopic) {
        self.key = key
        self.hubTopic = hubTopic
    }

    /// Members to be, which are sent what was kept before they begin to read here.
    var joining = 0
    var isEmpty: Bool { lanes.isEmpty && privateMembers.isEmpty && joining == 0 }

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
