package import PluginKit

extension ResponseWriter {
    /// Appends `data` as one chunk (RFC 9112 §7.1). Nothing for no bytes: an empty chunk would end the body.
    package static func chunk(_ data: Span<UInt8>, to out: inout [UInt8]) {
        guard !data.isEmpty else { return }
        chunkStart(count: data.count, to: &out)
        out.append(data)
        out.append(.cr)
        out.append(.lf)
    }

    /// Appends the line before a chunk of `count` bytes, for a caller that sends the data by itself and CRLF behind it.
    ///
    /// `count` must be above 0: a size of 0 ends the body.
    package static func chunkStart(count: Int, to out: inout [UInt8]) {
        precondition(count > 0, "an empty chunk ends the body")
        var shift = (Int.bitWidth &- count.leadingZeroBitCount &- 1) & ~3
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: count &>> shift) & 0xF
            out.append(digit < 10 ? 0x30 &+ digit : 0x57 &+ digit)
            shift &-= 4
        }
        out.append(.cr)
        out.append(.lf)
    }

    /// Appends the last chunk, the trailers and the empty line. Trailers that must not stand there are left out.
    ///
    /// If a trailer cannot be sent, none is: the body still ends well, and the error is thrown for the log.
    package static func lastChunk(
        trailers: HeaderFields = HeaderFields(), to out: inout [UInt8]
    ) throws(UnsendableResponse) {
        do throws(UnsendableResponse) {
            try out.write(atMost: 5 + size(of: trailers)) { (out: inout OutputSpan<UInt8>) throws(UnsendableResponse) in
                out.append("0\r\n")
                let bytes = trailers.bytes.span
                for slot in trailers.slots where TrailerRules.allows(bytes, Range(slot.name)) {
                    try appendField(bytes, Range(slot.name), Range(slot.value), to: &out)
                }
                out.append("\r\n")
            }
        } catch {
            out.append(contentsOf: "0\r\n\r\n".utf8)
            throw error
        }
    }
}
