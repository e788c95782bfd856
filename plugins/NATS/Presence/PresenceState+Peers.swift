/// What other processes say.
extension PresenceState {
    mutating func received(_ message: PresenceMessage) {
        if case .end = message.kind { return forget(message.sender) }
        let process = message.sender
        var peer = peers[process] ?? Peer()
        peer.silence = 0
        switch message.kind {
        case .beat:
            if message.sequence != peer.sequence { peer.isComplete = false }
            // What it heard before this beat, it has announced.
            if process == min(speaker, process) { changed = [:] }
        case .change(let entry):
            if peer.isComplete, message.sequence == peer.sequence &+ 1 {
                peer.sequence = message.sequence
                set(entry, &peer, isQuiet: false)
            } else if message.sequence > peer.sequence {
                peer.isComplete = false
            }
        case .part(let index, let isLast, let entries):
            gather(entries, index, isLast, message.sequence, &peer)
        case .ask(let other):
            if message.sequence != peer.sequence { peer.isComplete = false }
            if other ?? me == me { sendDigest() }
        case .end: break
        }
        if peer.isComplete { peer.isNew = false }
        if !peer.isComplete, !peer.hasBeenAsked {
            peer.hasBeenAsked = true
            actions.append(.send(.ask(of: process), sequence: sequence))
        }
        peers[process] = peer
    }

    /// A process is gone, and all who were there by it.
    mutating func forget(_ process: ProcessID) {
        guard let peer = peers.removeValue(forKey: process) else { return }
        for (key, connections) in peer.entries { add(-connections, to: key, isQuiet: false) }
    }

    private mutating func set(_ entry: PresenceEntry, _ peer: inout Peer, isQuiet: Bool) {
        let before = peer.entries[entry.key] ?? 0
        peer.entries[entry.key] = entry.connections > 0 ? entry.connections : nil
        add(entry.connections - before, to: entry.key, isQuiet: isQuiet)
    }

    private mutating func gather(
        _ entries: [PresenceEntry], _ index: Int, _ isLast: Bool, _ sequence: UInt64, _ peer: inout Peer
    ) {
        if index == 0 { peer.digest = (sequence, 0, []) }
        guard let digest = peer.digest, digest.sequence == sequence, digest.parts == index else {
            // One was lost: at the next beat it is asked for again.
            peer.digest = nil
            return
        }
        peer.digest?.parts += 1
        peer.digest?.entries += entries
        guard isLast, let whole = peer.digest else { return }
        peer.digest = nil
        guard !peer.isComplete || sequence > peer.sequence else { return }
        // Those it had when this process came are no news.
        let isQuiet = peer.isNew && age < Self.patience
        let kept = Set(whole.entries.map(\.key))
        for key in peer.entries.keys where !kept.contains(key) {
            set(PresenceEntry(key: key, connections: 0), &peer, isQuiet: isQuiet)
        }
        for entry in whole.entries { set(entry, &peer, isQuiet: isQuiet) }
        peer.sequence = sequence
        peer.isComplete = true
    }
}
