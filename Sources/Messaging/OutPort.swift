package import NIOCore

/// A socket as the fan-out sees it. Used on the socket's event loop only.
package protocol OutPort: AnyObject {
    /// Sends encoded frames; the buffer may be shared with other sockets.
    func write(_ frames: ByteBuffer)
    /// Bytes queued and not yet taken by the kernel.
    var queuedBytes: Int { get }
    /// The socket is too far behind: it gets nothing more and is closed.
    func fellBehind()
}
