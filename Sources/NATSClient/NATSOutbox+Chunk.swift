internal import NIOCore

extension NATSOutbox.Chunk {
    /// The chunk without control lines, with the publishes whose size is wanted.
    func keeping(_ isWanted: (Int) -> Bool) -> Self {
        var result = Self(bytes: ByteBufferAllocator().buffer(capacity: bytes.readableBytes))
        var position = 0
        var skipped = control[...]
        while position < bytes.writerIndex {
            if let range = skipped.first, range.lowerBound == position {
                position = range.upperBound
                skipped.removeFirst()
                continue
            }
            guard let publish = publish(at: position) else { break }
            if isWanted(publish.size), let slice = bytes.getSlice(at: position, length: publish.length) {
                result.bytes.writeImmutableBuffer(slice)
                result.messages += 1
                result.largest = max(result.largest, publish.size)
            }
            position += publish.length
        }
        return result
    }

    /// The publish that begins at `position`, read back from its own line; nil if none does.
    private func publish(at position: Int) -> (length: Int, size: Int)? {
        guard let rest = bytes.viewBytes(at: position, length: bytes.writerIndex - position),
            let lineEnd = rest.firstIndex(of: 0x0a), let space = rest[..<lineEnd].lastIndex(of: UInt8(ascii: " "))
        else { return nil }
        let digits = rest[rest.index(after: space)..<rest.index(before: lineEnd)]
        guard let size = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
        return (lineEnd + 1 - position + size + 2, size)
    }
}
