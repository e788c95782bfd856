/// Whether a message is text or binary.
package enum MessageKind: Sendable, Equatable {
    case text
    case binary
}

/// What a `FrameReader` found.
package enum FrameEvent: Sendable, Equatable {
    /// A whole message, fragments joined. Text is valid UTF-8.
    case message(kind: MessageKind, payload: [UInt8])
    /// To be answered with a pong of the same bytes (at most 125).
    case ping([UInt8])
    case pong([UInt8])
    /// The peer's Close frame. `code` is nil when the frame was empty; a code is one that may be received. Last event.
    case close(code: UInt16?, reason: String)
    /// The peer broke the protocol; `code` (1002, 1007 or 1009) is what to close with. Last event.
    case violation(code: UInt16, reason: String)
}
