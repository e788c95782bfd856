/// How a WebSocket ends (RFC 6455 §7): what to send, and when to cut the connection. Four bytes.
///
/// The caller performs each action and reports what happens; whoever speaks first, one Close goes out and one comes in.
package struct ClosingHandshake: Sendable {
    package enum State: Sendable {
        case open
        /// We asked; the peer's Close is awaited.
        case closeSent
        /// The peer asked; our answer is being written.
        case closeReceived
        /// The peer broke the protocol; our Close is being written, or is, and the peer's end of stream is awaited.
        case failing
        case closed
    }

    package enum Event: Sendable {
        /// This end wants to close.
        case close(code: UInt16?, reason: String)
        /// The reader's `.close`.
        case received(code: UInt16?)
        /// The reader's `.violation`.
        case violation(code: UInt16, reason: String)
        /// The Close frame of `Action.send` has been written out.
        case flushed
        /// The deadline armed with `Action.send` passed.
        case deadline
        /// The peer ended its stream, or the connection broke.
        case ended
    }

    package enum Action: Sendable, Equatable {
        case none
        /// Write a Close frame behind what is queued, send no data after it, and arm the deadline.
        case send(code: UInt16?, reason: String)
        /// Half-close: end the output and swallow what arrives. A full close could reset the connection before the
        /// peer has read why. Where half-closing is not possible, cut.
        case endOutput
        /// Close the connection now.
        case cut
    }

    package private(set) var state: State = .open
    /// The code of the first Close, whichever end sent it: 1005 if that had none, 1006 as long as there is none.
    package private(set) var code: UInt16 = CloseCode.abnormal

    package init() {}

    /// Whether data and pings may still be sent.
    package var isOpen: Bool { state == .open }

    /// What to do about an event. Events that no longer matter give `.none`.
    package mutating func handle(_ event: Event) -> Action {
        switch (state, event) {
        case (.closed, _): .none
        case (_, .ended), (_, .deadline): cut()
        case (.open, .close(let code, let reason)): send(code, reason, then: .closeSent)
        case (.open, .received(let code)): send(code, "", then: .closeReceived)
        case (.open, .violation(let code, let reason)): send(code, reason, then: .failing)
        case (.closeSent, .received), (.closeSent, .violation), (.closeReceived, .flushed): cut()
        case (.failing, .flushed): .endOutput
        default: .none
        }
    }

    private mutating func send(_ code: UInt16?, _ reason: String, then next: State) -> Action {
        state = next
        self.code = code ?? CloseCode.noStatus
        return .send(code: code, reason: reason)
    }

    private mutating func cut() -> Action {
        state = .closed
        return .cut
    }
}
