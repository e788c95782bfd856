/// Sizes in bytes, and counts, past which the gateway refuses.
package struct Limits: Sendable, Equatable {
    /// Request line and header fields together.
    package var head = 16 << 10
    /// The request line.
    package var line = 8 << 10
    /// Header fields of a request.
    package var fields = 100
    /// A request's body.
    package var body = 32 << 20
    /// A WebSocket message, all its fragments together.
    package var message = 1 << 20
    /// What may wait for a WebSocket that is slow to read.
    package var queue = 4 << 20
    /// Connections open at once; nil: as many as the system allows.
    package var connections: Int?
    /// What may wait for all slow clients of one event loop together.
    package var backlog = 256 << 20

    package init() {}
}

/// permessage-deflate (RFC 7692) on a channel.
package struct Compression: Sendable, Equatable {
    /// Windows may live on from message to message.
    package var takeover = false
    /// Messages of fewer bytes are sent as they are.
    package var threshold = 128
    /// zlib's, 1 to 9.
    package var level = 6
    /// The base-2 logarithm of the window, 9 to 15.
    package var window = 15

    package init() {}
}

/// Times after which the gateway gives up.
package struct Timeouts: Sendable, Equatable {
    /// From the first byte of a request to the end of its head.
    package var header: Duration = .seconds(10)
    /// Between two pieces of a request's body.
    package var body: Duration = .seconds(30)
    /// Between two requests of a kept-alive connection.
    package var idle: Duration = .seconds(75)
    /// From the whole request to the handler's answer.
    package var request: Duration = .seconds(60)
    /// How long a WebSocket may be silent before it is pinged; as long again without an answer ends it.
    package var ping: Duration = .seconds(30)
    /// What requests and sockets get to finish when the gateway stops.
    package var drain: Duration = .seconds(10)

    package init() {}
}
