import NIOCore
import PluginKit

/// The log of one feed in one encoding, and its members. Used on its event loop only.
///
/// A member that has everything is live: it is written to as a tick ends. One whose socket has not taken all yet has a
/// cursor: the chunk it wants next. Chunks are kept as long as a cursor stands on them or before them, so a lane whose
/// members all keep up keeps nothing.
///
/// A member of several feeds has a lane of its own, in which they come in the order of their arrival.
final class Lane {
    let encoder: Encoder
    /// Written into by this tick.
    private(set) var tail: Chunk?
    /// Sealed, each next to the one before.
    private(set) var chunks = CircularBuffer<Chunk>()
    private(set) var live: [Member] = []
    /// Live or with a cursor.
    private(set) var memberCount = 0
    /// Bytes ever appended.
    private(set) var end = 0
    /// Each message's end and sequence are kept, for cursors between messages and for members that skip their own.
    var isIndexed = false
    /// Something was appended in this tick.
    var isDirty = false
    /// The least that a member here may be behind.
    private(set) var smallestLimit = Int.max
    private(set) var shortestLag = UInt64.max
    /// Its place in the hub's list of lanes that keep chunks; -1 if it keeps none.
    var retainedIndex = -1
    /// What the hub has booked for it.
    var accounted = 0
    private var nextNumber = 0

    init(_ encoder: Encoder) { self.encoder = encoder }

    /// Bytes in sealed chunks.
    var retained: Int { chunks.first.map { sealedEnd - $0.start } ?? 0 }

    private var sealedEnd: Int { end - (tail?.size ?? 0) }

    // MARK: Members

    func add(_ member: Member) {
        member.lane = self
        memberCount += 1
        smallestLimit = min(smallestLimit, member.limit)
        shortestLag = min(shortestLag, member.maxLag)
        if member.skipsOwn || member.slowPolicy == .dropOldest { isIndexed = true }
        goLive(member)
    }

    func remove(_ member: Member) {
        if let chunk = member.chunk { chunk.remove(member) } else { live.swapRemove(member) }
        member.lane = nil
        member.offset = 0
        memberCount -= 1
    }

    private func goLive(_ member: Member) {
        member.index = live.count
        live.append(member)
    }

    /// The member has a cursor from now on, at `chunk` or, with none given, behind all there is.
    func park(_ member: Member, at chunk: Chunk? = nil, from offset: Int = 0) {
        if let old = member.chunk { old.remove(member) } else { live.swapRemove(member) }
        (chunk ?? openTail()).add(member)
        member.offset = offset
    }

    /// The member has everything.
    func unpark(_ member: Member) {
        member.chunk?.remove(member)
        member.offset = 0
        goLive(member)
    }

    /// How many bytes wait behind the member's cursor.
    func lag(of member: Member) -> Int { member.chunk.map { end - $0.start } ?? 0 }

    // MARK: The log

    func openTail() -> Chunk {
        if let tail { return tail }
        let chunk = Chunk()
        open(chunk)
        return chunk
    }

    /// `chunk` is empty.
    func open(_ chunk: Chunk) {
        chunk.start = end
        chunk.number = nextNumber
        nextNumber += 1
        tail = chunk
    }

    /// Returns whether that made the tail full.
    func append(_ message: BusMessage, epoch: String?) -> Bool {
        let chunk = openTail()
        encoder.append(message, epoch: epoch, to: &chunk.bytes)
        if isIndexed {
            chunk.sequences.append(message.position?.sequence ?? Chunk.Place.notice)
            if message.origin != 0 { chunk.origins.append((chunk.count, message.origin)) }
        }
        return appended(to: chunk)
    }

    /// Returns whether that made the tail full. Only where the encoder sends notices.
    func append(_ notice: Envelope.Notice, beginsLife: Bool) -> Bool {
        let chunk = openTail()
        encoder.append(notice, to: &chunk.bytes)
        if isIndexed { chunk.sequences.append(beginsLife ? Chunk.Place.newLife : Chunk.Place.notice) }
        return appended(to: chunk)
    }

    private func appended(to chunk: Chunk) -> Bool {
        let size = chunk.size
        end = chunk.start + size
        chunk.count += 1
        if isIndexed { chunk.ends.append(UInt32(size)) }
        return size >= Chunk.bound
    }

    /// Ends the tail; it has messages.
    func seal() -> Chunk? {
        guard let chunk = tail, chunk.count > 0 else { return nil }
        tail = nil
        return chunk
    }

    /// Keeps a sealed chunk for those who have not read it. Returns a chunk that is not needed for that.
    ///
    /// Small ones are put together where no cursor stands between them, lest many cost more than what is in them. Not
    /// where age counts: a chunk has one.
    func keep(_ chunk: Chunk) -> Chunk? {
        guard let last = chunks.last, chunk.readers.isEmpty, last.size + chunk.size <= Chunk.bound,
            last.ends.isEmpty == chunk.ends.isEmpty, shortestLag == .max
        else {
            chunks.append(chunk)
            return nil
        }
        last.absorb(chunk)
        nextNumber -= 1
        tail?.number = last.number + 1
        chunk.clear()
        return chunk
    }

    /// Whether somebody has still to read `chunk`, which was sealed last.
    func isWanted(_ chunk: Chunk) -> Bool { !chunk.readers.isEmpty || !chunks.isEmpty }

    /// The chunk behind `chunk`; nil if that is the last.
    func next(after chunk: Chunk) -> Chunk? {
        guard let first = chunks.first else { return tail }
        // Everybody may have read what was behind it.
        let offset = max(0, chunk.number + 1 - first.number)
        return offset < chunks.count ? chunks[chunks.index(chunks.startIndex, offsetBy: offset)] : tail
    }

    /// What the member gets next, at most about a chunk of bytes, and where its cursor goes; nil: to the end.
    func take(_ member: Member) -> (content: (bytes: ByteBuffer, count: Int), next: Chunk?) {
        guard let chunk = member.chunk else { return ((ByteBuffer(), 0), nil) }
        var content = chunk.content(for: member, from: member.offset)
        var next = next(after: chunk)
        while let more = next, more !== tail, content.bytes.readableBytes + more.size <= Chunk.bound {
            var piece = more.content(for: member)
            content.bytes.writeBuffer(&piece.bytes)
            content.count += piece.count
            next = self.next(after: more)
        }
        return (content, next)
    }

    /// Moves the member's cursor over what the member has by another way: the messages of the stream up to `sequence`,
    /// after it was made anew `lives` times. Returns the notices between them, which the member does not have.
    func skip(_ member: Member, upTo sequence: UInt64, lives: Int) -> ByteBuffer {
        var notices = ByteBuffer()
        var lives = lives
        var chunk = member.chunk
        var offset = member.offset
        search: while let current = chunk, current !== tail {
            while offset < current.count {
                let place = current.sequences[offset]
                if place == Chunk.Place.newLife {
                    if lives == 0 { break search }
                    lives -= 1
                } else if place == Chunk.Place.notice {
                    var notice = current.slice(offset..<offset + 1)
                    notices.writeBuffer(&notice)
                } else if lives == 0, place > sequence {
                    break search
                }
                offset += 1
            }
            chunk = next(after: current)
            offset = 0
        }
        park(member, at: chunk, from: offset)
        return notices
    }

    /// The chunks from the member's cursor on.
    func rest(of member: Member) -> [Chunk] {
        var rest: [Chunk] = []
        var chunk = member.chunk
        while let current = chunk, current !== tail {
            rest.append(current)
            chunk = next(after: current)
        }
        return rest
    }

    /// Puts what a chunk of another lane has at the end of the log, for the members that stand there.
    func adopt(_ other: Chunk) {
        let chunk = openTail()
        chunk.absorb(other)
        chunk.time = other.time
        end += chunk.size
        tail = nil
        chunks.append(chunk)
    }

    /// Lets go of what everybody has read.
    func trim() {
        while let first = chunks.first, first.readers.isEmpty { chunks.removeFirst() }
    }
}
