package import NIOCore

/// A client as the fan-out sees it: a socket, or a response that never ends. Used on its event loop only.
///
/// Whoever has one calls ``LoopHub/ready(_:)`` when all that was queued has been taken.
package protocol OutPort: AnyObject {
    /// Sends encoded messages; the buffer may be shared with other clients.
    func write(_ bytes: ByteBuffer)
    /// Bytes queued and not yet taken by the kernel.
    var queuedBytes: Int { get }
    /// The client has been taken off all its feeds and is to be closed.
    func end(_ reason: MemberEnd)
}

/// Why the fan-out gave a client up.
package enum MemberEnd: Sendable, Equatable {
    /// More waits for it, or for longer, than its route allows.
    case tooSlow(waiting: Int)
    /// What was kept for it cannot be read now: the reason is for the log.
    case unreadable(String)
}
