package import NIOCore

/// Encoded bytes that wait for a link, in the order they were given.
///
/// Publishes outlive a link; control lines (`SUB`, `UNSUB`, `PING`) belong to one and are dropped with it. So their
/// places are remembered. Bytes lie in chunks of whole messages: what is given to a write is never touched again.
package struct NATSOutbox {
    struct Chunk {
        var bytes = ByteBuffer()
        var messages = 0
        /// The size of the largest message, as in ``NATSPublication/size``.
        var largest = 0
        /// Where control lines are, in ascending order.
        var control: [Range<Int>] = []
    }

    /// A chunk takes no more than this, but for one large message.
    static let chunkSize = 64 << 10
    private static let firstCapacity = 1 << 10

    /// Full chunks, older than what is in ``open``.
    private var sealed = CircularBuffer<Chunk>(initialCapacity: 4)
    /// Outside of the ring, whose elements cannot be changed without a copy.
    private var open = Chunk()
    package private(set) var byteCount = 0
    /// Publishes.
    package private(set) var messageCount = 0

    package init() {}

    package var isEmpty: Bool { byteCount == 0 }

    package mutating func append(_ publication: NATSPublication) {
        makeRoom(publication.encodedSizeBound)
        let before = open.bytes.writerIndex
        publication.write(to: &open.bytes)
        byteCount += open.bytes.writerIndex - before
        open.messages += 1
        open.largest = max(open.largest, publication.size)
        messageCount += 1
    }

    package mutating func append(control line: String) {
        makeRoom(line.utf8.count)
        let before = open.bytes.writerIndex
        open.bytes.writeString(line)
        let after = open.bytes.writerIndex
        byteCount += after - before
        // Neighbours become one range: subscribing in a row leaves one.
        if let last = open.control.indices.last, open.control[last].upperBound == before {
            open.control[last] = open.control[last].lowerBound..<after
        } else {
            open.control.append(before..<after)
        }
    }

    private mutating func makeRoom(_ size: Int) {
        let used = open.bytes.writerIndex
        if used > 0 {
            guard used + size > Self.chunkSize else { return }
            sealed.append(open)
        }
        // Under load chunks fill up: begin big then.
        let capacity = sealed.isEmpty ? Self.firstCapacity : Self.chunkSize
        open = Chunk(bytes: ByteBufferAllocator().buffer(capacity: max(size, capacity)))
    }

    /// Takes chunks from the front: one at least, then as many as stay below `limit` bytes together.
    package mutating func take(upTo limit: Int) -> [ByteBuffer] {
        var taken: [ByteBuffer] = []
        var size = 0
        while !isEmpty {
            let next = sealed.first ?? open
            guard taken.isEmpty || size + next.bytes.readableBytes <= limit else { break }
            if sealed.popFirst() == nil { open = Chunk() }
            size += next.bytes.readableBytes
            byteCount -= next.bytes.readableBytes
            messageCount -= next.messages
            taken.append(next.bytes)
        }
        return taken
    }

    /// The link is gone: only publishes stay.
    package mutating func dropControl() {
        rebuild { chunk in
            guard !chunk.control.isEmpty else { return chunk }
            return chunk.keeping { _ in true }
        }
    }

    /// Removes publishes larger than `limit`, which the server would answer by closing the link. Control lines must
    /// have been dropped.
    ///
    /// - Returns: how many there were.
    package mutating func dropPublishes(largerThan limit: Int) -> Int {
        let before = messageCount
        rebuild { chunk in chunk.largest > limit ? chunk.keeping { $0 <= limit } : chunk }
        return before - messageCount
    }

    private mutating func rebuild(_ change: (Chunk) -> Chunk) {
        let old = Array(sealed) + [open]
        self = NATSOutbox()
        for chunk in old.map(change) where chunk.bytes.readableBytes > 0 {
            sealed.append(chunk)
            byteCount += chunk.bytes.readableBytes
            messageCount += chunk.messages
        }
    }
}
