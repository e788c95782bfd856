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
