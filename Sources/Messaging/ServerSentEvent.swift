import PluginKit

/// Writes server-sent events (WHATWG HTML §9.2.5).
enum ServerSentEvent {
    /// Bytes that are no text come as base64, in events of type `binary`.
    static func append(_ message: BusMessage, epoch: String?, _ format: Feed.Format, to out: inout [UInt8]) {
        if let position = message.position {
            out += "id: \(HistoryToken(epoch: epoch, sequence: position.sequence))\n".utf8
        }
        var data: [UInt8] = []
        if format == .envelope {
            Envelope.append(message, epoch: epoch, to: &data)
        } else if message.frame != .binary, message.payload.isValidUTF8 {
            data = message.payload
        } else {
            out += "event: binary\n".utf8
            Base64.append(message.payload, to: &data)
        }
        appendData(data, to: &out)
    }

    static func append(_ notice: Envelope.Notice, to out: inout [UInt8]) {
        // What follows is behind it: who reconnects after it need not ask for what is gone.
        switch notice {
        case .gap(let token?), .live(let token): out += "id: \(token)\n".utf8
        case .gap(nil), .dropped, .bus: break
        }
        out += "event: \(notice.type)\n".utf8
        var data: [UInt8] = []
        Envelope.append(notice, to: &data)
        appendData(data, to: &out)
    }

    /// A `data` field for each line; LF, CR and CR LF end lines, as the reader takes them all for ends.
    private static func appendData(_ data: [UInt8], to out: inout [UInt8]) {
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
}
