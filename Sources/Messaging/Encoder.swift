import HTTPWire
import NIOCore
import PluginKit
import WebSocketWire

/// Makes the bytes of one encoding. Used on its event loop only.
final class Encoder {
    let encoding: Encoding
    private let deflater: Deflater?
    /// Memory that is used again.
    private var text: [UInt8] = []
    private var packed: [UInt8] = []

    init(_ encoding: Encoding, _ deflater: Deflater?) {
        self.encoding = encoding
        self.deflater = deflater
    }

    /// Appends what the clients get. Returns false if that is nothing: a notice, where only payloads go.
    func append(_ content: Content, to out: inout ByteBuffer) -> Bool {
        switch encoding.framing {
        case .frames:
            guard let message = message(content) else { return false }
            append(message, to: &out)
        case .events(let isChunked):
            text.removeAll(keepingCapacity: true)
            appendEvent(content, format: encoding.format, to: &text)
            guard isChunked else {
                out.writeBytes(text)
                return true
            }
            packed.removeAll(keepingCapacity: true)
            ResponseWriter.chunk(text.span, to: &packed)
            out.writeBytes(packed)
        }
        return true
    }

    private func append(_ message: SocketMessage, to out: inout ByteBuffer) {
        let opcode: Opcode = message.kind == .text ? .text : .binary
        guard let deflater, message.payload.count >= deflater.encoding.threshold else {
            out.writeBytes(FrameWriter.header(opcode, payloadCount: message.payload.count))
            out.writeBytes(message.payload)
            return
        }
        packed.removeAll(keepingCapacity: true)
        deflater.append(opcode, payload: message.payload, to: &packed)
        out.writeBytes(packed)
    }

    private func message(_ content: Content) -> SocketMessage? {
        switch (encoding.format, content) {
        case (.raw, .message(let message, _)):
            let isText = message.frame == .text || message.frame == .unspecified && message.payload.isValidUTF8
            return SocketMessage(isText ? .text : .binary, message.payload)
        case (.raw, .notice):
            return nil
        case (.envelope, .message(let message, let epoch)):
            text.removeAll(keepingCapacity: true)
            Envelope.append(message, epoch: epoch, to: &text)
            return SocketMessage(.text, text)
        case (.envelope, .notice(let notice, _)):
            text.removeAll(keepingCapacity: true)
            Envelope.append(notice, to: &text)
            return SocketMessage(.text, text)
        }
    }
}

/// Appends a server-sent event (WHATWG HTML §9.2.5). Bytes that are no text come as base64, in events of type `binary`.
func appendEvent(_ content: Content, format: Feed.Format, to out: inout [UInt8]) {
    var data: [UInt8] = []
    switch content {
    case .message(let message, let epoch):
        if let position = message.position {
            out += "id: \(HistoryToken(epoch: epoch, sequence: position.sequence))\n".utf8
        }
        if format == .envelope {
            Envelope.append(message, epoch: epoch, to: &data)
        } else if message.frame != .binary, message.payload.isValidUTF8 {
            data = message.payload
        } else {
            out += "event: binary\n".utf8
            Base64.append(message.payload, to: &data)
        }
    case .notice(let notice, _):
        // What follows is behind it: who reconnects after it need not ask for what is gone.
        switch notice {
        case .gap(let token?), .live(let token): out += "id: \(token)\n".utf8
        case .gap(nil), .dropped, .bus: break
        }
        out += "event: \(notice.type)\n".utf8
        Envelope.append(notice, to: &data)
    }
    appendLines(data, to: &out)
}

/// A `data` field for each line; LF, CR and CR LF end lines, as the reader takes them all for ends.
private func appendLines(_ data: [UInt8], to out: inout [UInt8]) {
    var start = 0
    var index = 0
    while index <= data.count {
        let isEnd = index == data.count || data[index] == 0x0A || data[index] == 0x0D
        if isEnd {
            out += "data: ".utf8
            out += data[start..<index]
            out.append(0x0A)
            if index + 1 < data.count, data[index] == 0x0D, data[index + 1] == 0x0A { index += 1 }
            start = index + 1
        }
        index += 1
    }
    out.append(0x0A)
}

extension Payload {
    var isValidUTF8: Bool {
        var validator = UTF8Validator()
        return validator.consume(span) && validator.isComplete
    }
}
