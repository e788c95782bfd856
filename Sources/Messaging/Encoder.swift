import HTTPWire
import NIOCore
import PluginKit
import WebSocketWire

/// Makes the bytes of one encoding. Used on its event loop only.
final class Encoder {
    let encoding: Encoding
    /// Whether clients get the gateway's notices, and not the payloads alone.
    let sendsNotices: Bool
    private let deflater: Deflater?
    /// Memory that is used again.
    private var text: [UInt8] = []
    private var packed: [UInt8] = []

    init(_ encoding: Encoding, _ deflater: Deflater?) {
        self.encoding = encoding
        self.deflater = deflater
        if case .frames = encoding.framing, encoding.format == .raw { sendsNotices = false } else { sendsNotices = true }
    }

    /// Appends what clients get of a message; `epoch` is its stream's, if that has one.
    func append(_ message: BusMessage, epoch: String?, to out: inout ByteBuffer) {
        if case .events(let isChunked) = encoding.framing {
            return appendEvent(isChunked, to: &out) { text in
                ServerSentEvent.append(message, epoch: epoch, encoding.format, to: &text)
            }
        }
        switch encoding.format {
        case .raw:
            let isText = message.frame == .text || message.frame == .unspecified && message.payload.isValidUTF8
            appendFrame(isText ? .text : .binary, message.payload, to: &out)
        case .envelope:
            begin()
            Envelope.append(message, epoch: epoch, to: &text)
            appendFrame(.text, text, to: &out)
        }
    }

    /// Only where ``sendsNotices`` is true.
    func append(_ notice: Envelope.Notice, to out: inout ByteBuffer) {
        if case .events(let isChunked) = encoding.framing {
            return appendEvent(isChunked, to: &out) { ServerSentEvent.append(notice, to: &$0) }
        }
        begin()
        Envelope.append(notice, to: &text)
        appendFrame(.text, text, to: &out)
    }

    private func appendFrame(_ opcode: Opcode, _ payload: Payload, to out: inout ByteBuffer) {
        if let deflater, payload.count >= deflater.encoding.threshold {
            packed.removeAll(keepingCapacity: packed.capacity <= Self.keptBound)
            deflater.append(opcode, payload: payload, to: &packed)
            out.writeBytes(packed)
            return
        }
        let header = FrameWriter.header(opcode, payloadCount: payload.count)
        // In one go: a check of the buffer's room costs more than the copying.
        out.writeWithUnsafeMutableBytes(minimumWritableBytes: header.count + payload.count) { target in
            target.copyBytes(from: header)
            UnsafeMutableRawBufferPointer(rebasing: target[header.count...]).copyBytes(from: payload)
            return header.count + payload.count
        }
    }

    private func appendEvent(_ isChunked: Bool, to out: inout ByteBuffer, _ write: (inout [UInt8]) -> Void) {
        begin()
        write(&text)
        if isChunked {
            ResponseWriter.chunk(text.span, to: &packed)
            out.writeBytes(packed)
        } else {
            out.writeBytes(text)
        }
    }

    /// Empties the memory, which stays, unless a huge message has made it so.
    private func begin() {
        text.removeAll(keepingCapacity: text.capacity <= Self.keptBound)
        packed.removeAll(keepingCapacity: packed.capacity <= Self.keptBound)
    }

    private static let keptBound = 1 << 20
}

extension Payload {
    var isValidUTF8: Bool {
        var validator = UTF8Validator()
        return validator.consume(span) && validator.isComplete
    }
}
