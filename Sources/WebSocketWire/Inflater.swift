import CZlib

/// A raw DEFLATE stream being inflated (RFC 1951): 7 kB, and the window once there is output. Used on one thread at a
/// time.
///
/// A final block ends the stream for zlib, not for RFC 7692 §7.2.1: the blocks behind it still see the window.
final class Inflater {
    enum Outcome { case done, stopped, corrupt }

    /// zlib points back at it, so it may not move.
    private let stream: UnsafeMutablePointer<z_stream>
    /// Nothing has been read since the message's start or since a final block.
    private var isBetween = true

    /// What the sender's sync flush ends in and RFC 7692 §7.2.1 leaves out.
    private static let tail: InlineArray<4, UInt8> = [0, 0, 0xFF, 0xFF]

    /// `windowBits` from 8 to 15; 15 reads all.
    init(windowBits: Int) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let size = Int32(MemoryLayout<z_stream>.size)
        let result = inflateInit2_(stream, Int32(-windowBits), ZLIB_VERSION, size)
        precondition(result == Z_OK, "zlib: inflateInit2 answered \(result)")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Forgets the window and whatever was read.
    func reset() {
        inflateReset(stream)
        isBetween = true
    }

    /// Inflates `input`, at most 2 GB, by way of `chunk`; `take` gets each piece, never empty, and stops it by false.
    func inflate(
        _ input: Span<UInt8>, chunk: UnsafeMutableBufferPointer<UInt8>, _ take: (Span<UInt8>) -> Bool
    ) -> Outcome {
        input.withUnsafeBufferPointer { input in
            // Not written to: zlib's header lacks the `const`.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = UInt32(input.count)
            // zlib keeps no pointer into what the caller lends.
            defer { stream.pointee.next_in = nil }
            while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0 {
                let available = stream.pointee.avail_in
                stream.pointee.next_out = chunk.baseAddress
                stream.pointee.avail_out = UInt32(chunk.count)
                let result = CZlib.inflate(stream, Z_SYNC_FLUSH)
                let produced = chunk.count - Int(stream.pointee.avail_out)
                if stream.pointee.avail_in < available { isBetween = false }
                if produced > 0, !take(UnsafeBufferPointer(rebasing: chunk[..<produced]).span) { return .stopped }
                switch result {
                case Z_OK: break
                case Z_BUF_ERROR: return .done  // Nothing was left to write.
                case Z_STREAM_END: restart()
                default: return .corrupt
                }
            }
            return .done
        }
    }

    /// Ends a message: puts the tail behind it, and finds it corrupt unless that ends a block.
    ///
    /// A message without any bytes, or whose last block is final, is whole without the tail.
    func endMessage(chunk: UnsafeMutableBufferPointer<UInt8>, _ take: (Span<UInt8>) -> Bool) -> Outcome {
        if isBetween { return .done }
        let outcome = inflate(Self.tail.span, chunk: chunk, take)
        guard outcome == .done else { return outcome }
        // Bit 7: between two blocks.
        guard isBetween || stream.pointee.data_type & 0x80 != 0 else { return .corrupt }
        isBetween = true
        return .done
    }

    /// As `inflateReset` but keeps the window. Copying it out and in would let a client that sends nothing but final
    /// blocks have 32 kB copied for each two bytes.
    private func restart() {
        inflateResetKeep(stream)
        isBetween = true
    }
}
