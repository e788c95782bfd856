/// Turns received bytes into messages and control frames, strictly by RFC 6455 §5.
///
/// - One per socket, about fifty bytes; between messages it holds no buffer.
/// - Bytes may arrive split anywhere; the events do not depend on where.
/// - Text is checked as it arrives, so a bad byte fails before its frame is complete.
/// - Memory grows with what has arrived, never with what a header announces, and stays below twice `maxMessageSize`.
/// - Compressed messages are read if an `inflation` is given (RFC 7692); the limit and the check of texts are then for
///   what they inflate to, in steps (see `MessageInflation`).
package struct FrameReader {
    enum Phase: Sendable { case header, payload, ended }

    let maxMessageSize: Int
    let role: WebSocketRole
    var phase: Phase = .header

    /// The current frame: its first two bytes, the count of header bytes read, the length announced or still to come.
    var first: UInt8 = 0
    var second: UInt8 = 0
    var headerCount: UInt8 = 0
    var length: UInt64 = 0
    var key = MaskingKey.none

    /// The message begun, if fragments or part of a frame are still to come, and its bytes so far.
    var kind: MessageKind?
    var message: [UInt8] = []
    /// At the start of each message it is complete: any other end of a text is a violation.
    var text = UTF8Validator()
    /// The message begun is compressed. Never without an `inflation`.
    var isCompressed = false
    let inflation: MessageInflation?
    /// The bytes so far of a control frame that came in pieces.
    var control: [UInt8] = []

    /// `maxMessageSize` in bytes, all fragments together; a longer message is a violation with code 1009.
    ///
    /// An `inflation` is for one reader; without one, a compressed message is a violation with code 1002.
    package init(role: WebSocketRole, maxMessageSize: Int, inflation: MessageInflation? = nil) {
        self.role = role
        self.maxMessageSize = maxMessageSize
        self.inflation = inflation
    }

    /// The next event in `bytes` from index `consumed` on, or nil when all of them are used up. Call until nil.
    ///
    /// After `.close` or `.violation` nothing more is read: what still arrives is swallowed and the answer is nil.
    package mutating func read(_ bytes: Span<UInt8>, consumed: inout Int) -> FrameEvent? {
        while true {
            switch phase {
            case .header:
                if let violation = readHeader(bytes, &consumed) { return ended(with: violation.event) }
                if phase == .header { return nil }
            case .payload:
                if let event = readPayload(bytes, &consumed) { return event }
                if phase == .payload { return nil }
            case .ended:
                consumed = bytes.count
                return nil
            }
        }
    }

    /// Frees what is held and ends the reader with its last event.
    mutating func ended(with event: FrameEvent) -> FrameEvent {
        phase = .ended
        headerCount = 0
        kind = nil
        message = []
        control = []
        inflation?.end()
        return event
    }
}

extension FrameReader {
    /// Bytes set aside for what is begun, zlib's state aside: nothing when the socket is idle.
    package var heldBytes: Int { message.capacity + control.capacity + (inflation?.heldBytes ?? 0) }
}
