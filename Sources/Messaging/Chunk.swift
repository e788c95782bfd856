import NIOCore

/// A piece of a lane's log: messages encoded one behind the other. Written to by one tick, then sealed.
final class Chunk {
    var bytes = ByteBuffer()
    /// Messages in `bytes`.
    var count = 0
    /// Where each message ends in `bytes`, and its place in the stream; only in indexed lanes.
    var ends: [Int32] = []
    var sequences: [UInt64] = []
    /// Messages that members of this loop or another may have published: which, and who.
    var origins: [(message: Int, member: UInt64)] = []
    /// The lane's bytes before this chunk, ever.
    var start = 0
    /// Counts the chunks of a lane's log.
    var number = 0
    /// When it was sealed, in nanoseconds of the monotonic clock.
    var time: UInt64 = 0
    /// Members whose cursor stands here: they want this chunk next.
    var readers: [Member] = []

    var size: Int { bytes.readableBytes }

    /// About how many bytes a chunk has at most.
    static let bound = 64 << 10

    /// Forgets all but its memory, which stays if nobody else holds it.
    func clear() {
        if bytes.capacity <= 1 << 20 { bytes.clear() } else { bytes = ByteBuffer() }
        count = 0
        ends.removeAll(keepingCapacity: true)
        sequences.removeAll(keepingCapacity: true)
        origins.removeAll(keepingCapacity: true)
    }

    func add(_ reader: Member) {
        reader.chunk = self
        reader.index = readers.count
        readers.append(reader)
    }

    func remove(_ reader: Member) {
        readers.swapRemove(reader)
        reader.chunk = nil
    }

    /// What `member` gets of it: messages from number `first` on, without its own. Shared if that is all.
    func content(for member: Member, from first: Int = 0) -> (bytes: ByteBuffer, count: Int) {
        let skips = member.skipsOwn && origins.contains { $0.member == member.id }
        guard skips || first > 0 else { return (bytes, count) }
        guard skips else {
            let begin = first == 0 ? 0 : Int(ends[first - 1])
            return (slice(begin, size), count - first)
        }
        let own = origins.lazy.filter { $0.member == member.id }.map(\.message)
        var kept = ByteBuffer()
        var keptCount = 0
        for message in first..<count where !own.contains(message) {
            var piece = slice(message == 0 ? 0 : Int(ends[message - 1]), Int(ends[message]))
            kept.writeBuffer(&piece)
            keptCount += 1
        }
        return (kept, keptCount)
    }

    private func slice(_ begin: Int, _ end: Int) -> ByteBuffer {
        bytes.getSlice(at: bytes.readerIndex + begin, length: end - begin) ?? ByteBuffer()
    }
}

extension [Member] {
    /// Takes a member out in O(1): the last one moves into its place.
    mutating func swapRemove(_ member: Member) {
        let last = removeLast()
        guard last !== member else { return }
        self[member.index] = last
        last.index = member.index
    }
}
