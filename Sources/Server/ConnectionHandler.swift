import Glibc
import NIOCore

/// One protocol on one connection. Used on the connection's event loop only.
protocol WireConnection: AnyObject {
    func received(_ bytes: ByteBuffer)
    /// All that could be read now has been handed over.
    func readComplete()
    /// Part of what was queued has been taken.
    func madeProgress()
    /// Less waits to be sent than the bound again.
    func becameWritable()
    /// Nothing waits to be sent any more.
    func drained()
    /// The client sends no more, but may still read.
    func inputClosed()
    /// The connection is gone. Last call.
    func closed()
    func deadlineReached()
    func drain()
    /// Ends what is long-lived, a socket or an event stream, if it is of one of these policies. Returns whether it was.
    func retire(_ policies: Set<ObjectIdentifier>, _ reason: String) -> Bool
}

/// The one handler in a connection's pipeline: owns the protocol spoken at the moment, its timer and the way out.
final class ConnectionHandler: ChannelInboundHandler, TimerClient {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let loop: LoopContext
    var timer = TimerState()
    private(set) var context: ChannelHandlerContext!
    private(set) var connection: (any WireConnection)?
    private let scheme: String
    private var isOpen = true
    /// A write has failed: the channel is closed, whether or not we have been told.
    private var hasFailed = false
    private var hasPlace = false
    /// Between the first bytes of a read and its end: what is gathered in the loop's `outgoing` is this connection's.
    private(set) var isReading = false
    /// The client sends no more.
    private(set) var inputHasEnded = false
    /// The socket's number; -1 where there is none to write to directly.
    private var descriptor: Int32 = -1

    init(loop: LoopContext, scheme: String) {
        self.loop = loop
        self.scheme = scheme
    }

    // MARK: The way out

    /// Bytes that wait because the kernel's buffer is full.
    private(set) var queuedBytes = 0

    var isWritable: Bool { isOpen && !hasFailed && queuedBytes < Self.writableBound }

    /// A response that is streamed pauses while this many bytes wait.
    private static let writableBound = 64 << 10

    /// Sends bytes now, as far as the kernel takes them; the rest waits its turn.
    ///
    /// What the kernel takes at once never enters NIO's queue: that is a third of the user time of a small response.
    func send(_ bytes: Span<UInt8>) {
        let sent = sendDirectly(bytes)
        if sent < bytes.count {
            enqueue(bytes.extracting(sent..<bytes.count).withUnsafeBytes { ByteBuffer(bytes: $0) })
        }
    }

    /// As above; what must wait is shared, not copied.
    func send(_ buffer: ByteBuffer) {
        var rest = buffer
        rest.moveReaderIndex(forwardBy: sendDirectly(buffer.readableBytesUInt8Span))
        if rest.readableBytes > 0 { enqueue(rest) }
    }

    /// Calls back once all that was sent before has been taken by the kernel, or the connection is gone.
    func whenSent(_ done: @escaping () -> Void) {
        if queuedBytes == 0 || !isOpen { done() } else { afterQueue.append(done) }
    }

    private var afterQueue: [() -> Void] = []
    private var isEnqueuing = false

    /// Returns how many bytes the kernel took: none while others wait, since order must hold.
    private func sendDirectly(_ bytes: Span<UInt8>) -> Int {
        // NIO closes the descriptor and calls `channelInactive` in one go. What it calls in between is what waits for
        // writes, which have failed then: so the number never belongs to another connection here.
        guard queuedBytes == 0, isOpen, !hasFailed, descriptor >= 0 else { return 0 }
        let descriptor = descriptor
        return bytes.withUnsafeBytes {
            max(0, Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT)))
        }
    }

    /// In slices, so that a slow client's progress shows.
    private func enqueue(_ bytes: ByteBuffer) {
        // A write on a channel that has just failed completes at once, as does a flush that the kernel takes whole.
        isEnqueuing = true
        var rest = bytes
        while isOpen, let slice = rest.readSlice(length: min(rest.readableBytes, Self.sliceBound)), slice.readableBytes > 0 {
            let count = slice.readableBytes
            queuedBytes += count
            context.write(wrapOutboundOut(slice)).assumeIsolated().whenComplete { self.dequeue(count, $0) }
        }
        if isOpen { context.flush() }
        isEnqueuing = false
        if queuedBytes == 0 { runAfterQueue() }
    }

    private static let sliceBound = 128 << 10

    private func dequeue(_ count: Int, _ result: Result<Void, any Error>) {
        let wasWritable = isWritable
        if case .failure = result { hasFailed = true }
        queuedBytes -= count
        // Inside `enqueue` the caller is still at work and will see for itself; calling it back would nest without end.
        guard !isEnqueuing else { return }
        if isOpen, timer.isArmed { connection?.madeProgress() }
        if queuedBytes == 0 { runAfterQueue() }
        if isWritable, !wasWritable { connection?.becameWritable() }
        if queuedBytes == 0, isOpen { connection?.drained() }
    }

    private func runAfterQueue() {
        let actions = afterQueue
        afterQueue = []
        for action in actions { action() }
    }

    /// Stops or resumes reading, for a client that sends faster than it is answered.
    func setReading(_ isReading: Bool) {
        guard isOpen else { return }
        try? context.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }

    /// Ends our side once all is written; the client's side may go on until the deadline.
    func closeOutput() {
        if isOpen { context.close(mode: .output, promise: nil) }
    }

    /// Ends the connection at once.
    func cut() {
        if isOpen { context.close(promise: nil) }
    }

    /// From now on the connection speaks another protocol.
    func become(_ next: any WireConnection) {
        connection = next
    }

    func deadline(in seconds: Int64) {
        if isOpen { loop.wheel.arm(self, in: seconds) }
    }

    func drain() { connection?.drain() }

    func deadlineReached() {
        if let connection { connection.deadlineReached() } else { cut() }
    }

    // MARK: ChannelInboundHandler

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        isOpen = false
        self.context = nil  // which holds this handler
    }

    func channelActive(context: ChannelHandlerContext) {
        loop.counters.connectionsAccepted += 1
        descriptor = context.channel.descriptor
        hasPlace = loop.budget.enter()
        guard hasPlace else { return turnAway() }
        connection = HTTP1Connection(handler: self, peer: context.channel.remoteAddress.peerName, scheme: scheme)
        deadline(in: loop.limits.header)
        context.fireChannelActive()
        if loop.isDraining { drain() }
    }

    /// Too many connections are open: says so without reading anything.
    private func turnAway() {
        send(Array("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8).span)
        linger()
    }

    /// Ends our side and waits a moment for the client's end: closing with bytes unread would reset the connection and
    /// could take with it what was sent last.
    ///
    /// A client that is slow to take what is queued has the idle time for each piece of it.
    func linger() {
        guard isOpen else { return }
        deadline(in: queuedBytes > 0 ? loop.limits.idle : 2)
        whenSent {
            self.deadline(in: 2)
            if self.inputHasEnded { self.cut() } else { self.closeOutput() }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        connection?.received(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        connection?.readComplete()
        isReading = false
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return }
        inputHasEnded = true
        if let connection { connection.inputClosed() } else { cut() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset or a broken pipe: what matters follows in `channelInactive`.
        cut()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isOpen = false
        // After a read error there is no `channelReadComplete`: what was gathered must not reach the next connection.
        if isReading { loop.discardOutgoing() }
        isReading = false
        if hasPlace { loop.budget.leave() }
        loop.wheel.remove(self)
        connection?.closed()
        connection = nil
    }
}

extension Channel {
    fileprivate var descriptor: Int32 {
        let transport = try? pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
        return transport ?? -1
    }
}

extension SocketAddress? {
    /// `127.0.0.1:51234`, `[::1]:51234`, or empty for a Unix socket.
    fileprivate var peerName: String {
        guard let address = self, let host = address.ipAddress, let port = address.port else { return "" }
        return host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
