/// Who is on which channel, as one process knows it: its own connections, and what the others say of theirs.
///
/// - A process numbers its changes. Whoever misses one notices by the next, or by a beat, and asks for all there is.
/// - A process that is not heard for three beats, or says that it ends, is gone with all it had.
/// - One process, the oldest, announces who comes and goes. The others keep what changed since its last beat, and when
///   it is gone, the next oldest announces that: the last words may have been lost, and twice is better than never.
package struct PresenceState {
    /// What happens to it.
    package enum Event: Sendable {
        case started
        case joined(PresenceKey)
        case left(PresenceKey)
        case received(PresenceMessage)
        /// The time of a beat has passed. While the bus is away nobody can be heard, so nobody is given up.
        case tick(isLinked: Bool)
        case ending
    }

    /// What is to be done about it, in this order.
    package enum Action: Sendable, Equatable {
        case send(PresenceMessage.Kind, sequence: UInt64)
        case announce(PresenceChange)
    }

    /// Another process.
    struct Peer {
        var sequence: UInt64 = 0
        var entries: [PresenceKey: Int] = [:]
        /// All its changes up to `sequence` are known.
        var isComplete = true
        /// Nothing of it was known before.
        var isNew = true
        var hasBeenAsked = false
        /// Beats since it was heard.
        var silence = 0
        /// Parts of what it has, until the last is there.
        var digest: (sequence: UInt64, parts: Int, entries: [PresenceEntry])?
    }

    /// Beats that a process may miss.
    package static let patience = 3
    /// Entries in one part of a digest: with the longest names and subjects well below what a bus takes.
    package static let partSize = 500

    package let me: ProcessID
    /// Of the last change of this process.
    var sequence: UInt64 = 0
    var mine: [PresenceKey: Int] = [:]
    var peers: [ProcessID: Peer] = [:]
    /// Those with somebody on them, by subject.
    package private(set) var channels: [String: PresenceChannel] = [:]
    /// What somebody had before it changed, of all that was not announced yet.
    var changed: [PresenceKey: Int] = [:]
    /// Beats since the start, as far as they matter.
    var age = 0
    /// Sends all it has with the next beat.
    var owesDigest = false
    var hasSentDigest = false
    var actions: [Action] = []

    package init(me: ProcessID) { self.me = me }

    /// One event, and what it brings about.
    package mutating func handle(_ event: Event) -> [Action] {
        let before = speaker
        switch event {
        case .started: actions += [.send(.beat, sequence: sequence), .send(.ask(of: nil), sequence: sequence)]
        case .joined(let key): change(key, by: 1)
        case .left(let key): change(key, by: -1)
        case .received(let message): if message.sender != me { received(message) }
        case .tick(let isLinked): tick(isLinked: isLinked)
        case .ending: actions.append(.send(.end, sequence: sequence))
        }
        if !changed.isEmpty, speaker == me { announce(all: before != me) }
        defer { actions = [] }
        return actions
    }

    /// The process that announces.
    package var speaker: ProcessID { min(me, peers.keys.min() ?? me) }

    // MARK: Its own

    private mutating func change(_ key: PresenceKey, by step: Int) {
        let before = mine[key] ?? 0
        let now = max(0, before + step)
        guard now != before else { return }
        mine[key] = now > 0 ? now : nil
        sequence += 1
        add(now - before, to: key, isQuiet: false)
        actions.append(.send(.change(PresenceEntry(key: key, connections: now)), sequence: sequence))
    }

    private mutating func tick(isLinked: Bool) {
        age = min(age + 1, Self.patience)
        hasSentDigest = false
        guard isLinked else {
            for process in peers.keys { peers[process]?.silence = 0 }
            return
        }
        for (process, peer) in peers {
            peers[process]?.hasBeenAsked = false
            peers[process]?.silence = peer.silence + 1
            if peer.silence >= Self.patience { forget(process) }
        }
        actions.append(.send(.beat, sequence: sequence))
        if owesDigest { sendDigest() }
    }

    /// All that this process has. If that is much, once between two beats: whoever asks later gets it with the next.
    mutating func sendDigest() {
        guard !hasSentDigest || mine.count <= Self.partSize else { return owesDigest = true }
        hasSentDigest = true
        owesDigest = false
        let entries = mine.map { PresenceEntry(key: $0.key, connections: $0.value) }.sorted { $0.key < $1.key }
        let parts = max(1, (entries.count + Self.partSize - 1) / Self.partSize)
        for index in 0..<parts {
            let part = Array(entries.dropFirst(index * Self.partSize).prefix(Self.partSize))
            actions.append(.send(.part(index: index, isLast: index == parts - 1, part), sequence: sequence))
        }
    }

    // MARK: Sums

    /// - Parameter isQuiet: nothing to announce.
    mutating func add(_ difference: Int, to key: PresenceKey, isQuiet: Bool) {
        guard difference != 0 else { return }
        let before = channels[key.channel]?[key.name] ?? 0
        channels[key.channel, default: PresenceChannel()][key.name] = before + difference
        if channels[key.channel]?.isEmpty == true { channels[key.channel] = nil }
        if !isQuiet, changed[key] == nil { changed[key] = before }
    }

    /// A name comes and goes once, however many connections it has; who has none is only counted.
    /// - Parameter all: also what seems to be as it was.
    private mutating func announce(all: Bool) {
        for (key, before) in changed.sorted(by: { $0.key < $1.key }) {
            let channel = channels[key.channel] ?? PresenceChannel()
            let now = channel[key.name]
            let isNews = key.name == nil ? now != before : (now > 0) != (before > 0)
            guard isNews || all else { continue }
            let isJoin = key.name == nil ? now > before : now > 0
            actions.append(.announce(PresenceChange(key: key, isJoin: isJoin, count: channel.count)))
        }
        changed = [:]
    }
}
