import NATSClient
import TestSupport

/// What a parser made of some bytes, in words that can be compared.
func transcript(_ pieces: [[UInt8]], limits: NATSParser.Limits = .init()) -> [String] {
    var parser = NATSParser(limits: limits)
    var lines: [String] = []
    for piece in pieces {
        var position = 0
        do {
            while let operation = try parser.next(piece.span, at: &position) { lines.append(describe(operation)) }
            if position != piece.count { lines.append("left \(piece.count - position) bytes") }
        } catch {
            if lines.last != "error: \(error)" { lines.append("error: \(error)") }
        }
    }
    return lines
}

private func describe(_ operation: NATSOperation) -> String {
    switch operation {
    case .info(let info): "info \(info.serverName) \(info.maxPayload)"
    case .ping: "ping"
    case .pong: "pong"
    case .ok: "ok"
    case .error(let error): "err \(error.kind) \(error.text)"
    case .message(let number, let message): "msg \(number) \(describe(message))"
    }
}

func describe(_ message: NATSMessage) -> String {
    var text = message.subject
    if let reply = message.reply { text += " >\(reply)" }
    if let status = message.status { text += " status=\(status.code)/\(status.text)" }
    for (name, value) in message.headers { text += " \(name)=\(value)" }
    return text + " [\(String(decoding: message.payload, as: UTF8.self))]"
}

extension [UInt8] {
    /// Cut at random places.
    func pieces(using generator: inout SeededGenerator) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var start = 0
        while start < count {
            let end = Swift.min(count, start + Int.random(in: 1...40, using: &generator))
            pieces.append(Array(self[start..<end]))
            start = end
        }
        return pieces
    }
}
