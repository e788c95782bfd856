import PluginKit
package import WebSocketWire

/// How a client's bytes are made of messages: clients of one encoding share them.
package struct Encoding: Hashable, Sendable {
    package enum Framing: Hashable, Sendable {
        /// WebSocket frames, compressed on terms without takeover, or not. A socket whose window lives on gets plain
        /// ones, which it compresses as it sends them.
        case frames(DeflateEncoding?)
        /// Server-sent events in the body of a response, chunked or until the connection ends.
        case events(isChunked: Bool)
    }

    var format: Feed.Format
    var framing: Framing

    var compression: DeflateEncoding? { if case .frames(let terms) = framing { terms } else { nil } }
}

/// What stands in a log.
enum Content {
    /// With the epoch of the stream it comes from.
    case message(BusMessage, epoch: String?)
    /// With whether the sequences behind it are those of a stream made anew.
    case notice(Envelope.Notice, beginsLife: Bool = false)

    /// The message's place in its stream; ``isNotice`` and ``beginsLife`` for what has none.
    var sequence: UInt64 {
        switch self {
        case .message(let message, _): message.position?.sequence ?? Self.isNotice
        case .notice(_, let beginsLife): beginsLife ? Self.beginsLife : Self.isNotice
        }
    }

    static let isNotice: UInt64 = 0
    static let beginsLife = UInt64.max

    var origin: UInt64 {
        if case .message(let message, _) = self { message.origin } else { 0 }
    }
}
