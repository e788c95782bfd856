import NIOCore

/// A piece of a lane's log: messages encoded one behind the other. Written to by one tick, then sealed.
final class Chunk {
    var bytes = ByteBuffer()
    /// Messages in `bytes`.
    var count = 0
    /// Where each message ends in `bytes`, and its place in the stream, or one of ``Place``; only in indexed lanes.
    var ends: [UInt32] = []
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

    /// What is no message has no place in a stream.
    enum Place {
        static let notice: UInt64 = 0
        /// The stream was made anew: sequences behind it mean something else.
        static let newLife = UInt64.max
    }

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

    /// Appends what another has. An empty one shares its memory.
    func absorb(_ other: Chunk) {
        if count == 0 {
            (bytes, ends, sequences, origins) = (other.bytes, other.ends, other.sequences, other.origins)
        } else {
            let before = UInt32(size)
            bytes.writeImmutableBuffer(other.bytes)
            ends.append(contentsOf: other.ends.lazy.map { before + $0 })
            sequences.append(contentsOf: other.sequences)
            origins.append(contentsOf: other.origins.lazy.map { ($0.message + self.count, $0.member) })
        }
        count += other.count
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
        guard member.skipsOwn, origins.contains(where: { $0.member == member.id }) else {
            return first == 0 ? (bytes, count) : (slice(first..<count), count - first)
        }
        var kept = ByteBuffer()
        var keptCount = 0
        var next = first
        let keep = { (end: Int) in
            guard next < end else { return }
            var piece = self.slice(next..<end)
            kept.writeBuffer(&piece)
            keptCount += end - next
        }
        for origin in origins where origin.member == member.id && origin.message >= first {
            keep(origin.message)
            next = origin.message + 1
        }
        keep(count)
        return (kept, keptCount)
    }

    /// How many of some messages are for the member.
    func messageCount(_ messages: Range<Int>, for member: Member) -> Int {
        guard member.skipsOwn else { return messages.count }
        return messages.count - origins.count { $0.member == member.id && messages.contains($0.message) }
    }

    /// Where a message begins in `bytes`.
    func begin(of message: Int) -> Int { message == 0 ? 0 : Int(ends[message - 1]) }

    /// The bytes of some messages.
    func slice(_ messages: Range<Int>) -> ByteBuffer {
        let begin = begin(of: messages.lowerBound)
        return bytes.getSlice(at: bytes.readerIndex + begin, length: self.begin(of: messages.upperBound) - begin)
            ?? ByteBuffer()
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
