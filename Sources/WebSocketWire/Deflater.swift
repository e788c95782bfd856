import CZlib

/// Compresses messages into frames (RFC 7692 §7.2.1). Used on one thread at a time.
///
/// - One for each event loop and encoding serves all sockets without takeover: about 260 kB at 15 bits.
/// - A socket with takeover has one of its own: about 38 kB at 12 bits.
package final class Deflater {
    package let encoding: DeflateEncoding
    private let keepsWindow: Bool
    /// zlib points back at it, so it may not move.
    private let stream: UnsafeMutablePointer<z_stream>

    /// `keepsWindow`: messages may refer to those before, so all of them go to one socket.
    package init(_ encoding: DeflateEncoding, keepsWindow: Bool = false) {
        self.encoding = encoding
        self.keepsWindow = keepsWindow
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // The hash tables are given as much as the window has.
        let result = deflateInit2_(
            stream, Int32(encoding.level), Z_DEFLATED, Int32(-encoding.windowBits), Int32(encoding.windowBits - 7),
            Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(result == Z_OK, "zlib: deflateInit2 answered \(result)")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Appends a message in one frame: compressed, or plain if it is below the threshold or would not get smaller.
    ///
    /// Returns whether it is compressed.
    @discardableResult
    package func append(
        _ opcode: Opcode, payload: Span<UInt8>, mask: MaskingKey? = nil, to out: inout [UInt8]
    ) -> Bool {
        let start = out.count
        // As long as the payload is, or longer than the header will be.
        out.append(contentsOf: header(opcode, payload.count, mask))
        let body = out.count
        guard payload.count >= encoding.threshold, compress(payload, to: &out) else {
            out.removeSubrange(start...)
            FrameWriter.append(opcode, payload: payload, mask: mask, to: &out)
            return false
        }
        let header = header(opcode, out.count - body, mask)
        out.replaceSubrange(start..<body, with: header)
        mask?.apply(to: &out, from: start + header.count)
        return true
    }

    /// Appends a message in one frame: compressed, or plain if it is below the threshold or would not get smaller.
    @discardableResult
    package func append(
        _ opcode: Opcode, payload: [UInt8], mask: MaskingKey? = nil, to out: inout [UInt8]
    ) -> Bool {
        append(opcode, payload: payload.span, mask: mask, to: &out)
    }

    private func header(_ opcode: Opcode, _ count: Int, _ mask: MaskingKey?) -> FrameHeader {
        FrameHeader(opcode, payloadCount: count, isCompressed: true, mask: mask)
    }

    /// Appends the compressed bytes without the tail; false, and some bytes, if they are not fewer than the payload's.
    private func compress(_ payload: Span<UInt8>, to out: inout [UInt8]) -> Bool {
        guard !payload.isEmpty, payload.count < 1 << 31 else { return false }
        // The tail of a sync flush (RFC 7692 §7.2.1), 00 00 ff ff.
        let tail = 4
        var isSmaller = false
        out.append(addingCapacity: payload.count + tail) { free in
            free.withUnsafeMutableBufferPointer { target, initialized in
                let room = payload.count + tail
                payload.withUnsafeBufferPointer { source in
                    // Not written to: zlib's header lacks the `const`.
                    stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                    stream.pointee.avail_in = UInt32(source.count)
                    stream.pointee.next_out = target.baseAddress
                    stream.pointee.avail_out = UInt32(room)
                    let result = deflate(stream, Z_SYNC_FLUSH)
                    // Room left means that all was read and flushed, and that it is smaller without the tail.
                    isSmaller = result == Z_OK && stream.pointee.avail_out > 0
                    initialized += isSmaller ? room - Int(stream.pointee.avail_out) - tail : 0
                }
            }
        }
        // What is not sent must not be referred to either.
        if !keepsWindow || !isSmaller { deflateReset(stream) }
        return isSmaller
    }
}
