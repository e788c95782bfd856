/// How the end of a request's body is found (RFC 9112 §6.3).
package enum BodyFraming: Sendable, Hashable {
    case none
    /// Content-Length, in bytes; may be 0.
    case length(Int)
    case chunked
}

/// What a request's head says about its body and its connection.
package struct RequestFraming: Sendable, Hashable {
    package var body: BodyFraming
    /// The client wants the connection to live on (RFC 9112 §9.3).
    package var keepAlive: Bool
    /// The client waits for 100 before it sends the body. False without a body and in HTTP/1.0 (RFC 9110 §10.1.1).
    package var expectsContinue: Bool
    /// An HTTP/1.1 GET without a body that offers `websocket` in Upgrade, and `upgrade` in Connection.
    /// The Sec-WebSocket fields are not looked at.
    package var upgradesToWebSocket: Bool

    package init(
        body: BodyFraming = .none, keepAlive: Bool = true, expectsContinue: Bool = false,
        upgradesToWebSocket: Bool = false
    ) {
        self.body = body
        self.keepAlive = keepAlive
        self.expectsContinue = expectsContinue
        self.upgradesToWebSocket = upgradesToWebSocket
    }
}

/// What `RequestParser.parse` made of the bytes so far.
package enum HeadStep: Sendable, Hashable {
    /// Call again when more bytes are there.
    case needMore
    /// The head is complete and took `consumed` bytes; the body follows.
    case head(consumed: Int, framing: RequestFraming)
    /// Answer and close. The parser is of no further use.
    case refused(Refusal)
}
