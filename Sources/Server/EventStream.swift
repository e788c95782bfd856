import HTTPWire
import Logging
import Messaging
import NIOCore
import PluginKit

/// Feeds as the body of a response: Server-Sent Events (WHATWG HTML §9.2), from the same logs as sockets.
final class EventStream: ResponseStream, OutPort {
    private unowned let connection: HTTP1Connection
    private let feed: EventFeed
    private let isChunked: Bool
    private var member: Member!
    private var hasBegun = false
    private var isOpen = true

    init(connection: HTTP1Connection, _ feed: EventFeed) {
        self.connection = connection
        self.feed = feed
        isChunked = connection.exchange.minorVersion > 0
        let limit = connection.exchange.policy?.limits.socketBuffer ?? RouteLimits().socketBuffer
        member = Member(
            port: self, limit: limit, id: connection.loop.nextClientID(), framing: .events(isChunked: isChunked))
    }

    /// The fields that make it an event stream, where the handler has not set them.
    static func complete(_ headers: inout HeaderFields) {
        if headers["Content-Type"] == nil { headers.append("Content-Type", "text/event-stream") }
        if headers["Cache-Control"] == nil { headers.append("Cache-Control", "no-store") }
    }

    // MARK: ResponseStream

    func canWrite() {
        guard !hasBegun else { return }
        hasBegun = true
        connection.loop.counters.eventStreamsOpened += 1
        feed.onBegin?()
        // At once, so that the client knows that it is connected.
        send(text: feed.retry.map { "retry: \($0.wholeMilliseconds)\n\n" } ?? ":\n\n")
        for feed in feed.feeds where isOpen { connection.loop.hub.join(member, feed) }
    }

    func clientLeft() {
        guard isOpen else { return }
        leave()
    }

    func drained() {
        if isOpen { connection.loop.hub.ready(member) }
    }

    /// Until the next heartbeat or the end of what the client was let in with.
    var patience: Int64? {
        // A slow client has as long as any other.
        if queuedBytes > 0 { return nil }
        let heartbeat = max(1, feed.heartbeat.components.seconds)
        return min(heartbeat, feed.expires.map { max(1, $0 - WallClock.seconds()) } ?? .max)
    }

    func isQuiet() {
        guard isOpen else { return }
        if hasExpired { return finish() }
        send(text: ":\n\n")
    }

    // MARK: OutPort

    func write(_ bytes: ByteBuffer) {
        guard isOpen else { return }
        // A busy stream is never quiet.
        if hasExpired { return finishSoon() }
        connection.streamWrite(bytes, bodyBytes: bytes.readableBytes)
    }

    var queuedBytes: Int { connection.handler.queuedBytes }

    func end(_ reason: MemberEnd) {
        guard isOpen else { return }
        connection.loop.log(reason, connection.exchange.policy)
        leave()
        // What is queued would have to be taken first; the client comes again and says what it has.
        connection.handler.cut()
    }

    // MARK: Inside

    private var hasExpired: Bool { feed.expires.map { WallClock.seconds() >= $0 } ?? false }

    /// Hears no more, and ends when the fan-out has written to all: the connection goes on with its next request then.
    private func finishSoon() {
        connection.loop.hub.leaveAll(member)
        let stream = NIOLoopBound(self, eventLoop: connection.loop.loop)
        connection.loop.loop.execute { stream.value.finish() }
    }

    /// Ends the body as it should end: the client will come again.
    func finish() {
        guard isOpen else { return }
        leave()
        var out: [UInt8] = []
        if isChunked { try? ResponseWriter.lastChunk(to: &out) }
        connection.streamWrite(ByteBuffer(bytes: out), bodyBytes: 0)
        connection.streamEnded()
    }

    private func leave() {
        isOpen = false
        connection.loop.hub.leaveAll(member)
        member = nil  // which holds this stream
        if hasBegun { feed.onEnd?() }
    }

    private func send(text: String) {
        var out: [UInt8] = []
        if isChunked { ResponseWriter.chunk(Array(text.utf8).span, to: &out) } else { out = Array(text.utf8) }
        write(ByteBuffer(bytes: out))
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}

extension LoopContext {
    /// Says once for each client why the fan-out gave it up.
    func log(_ reason: MemberEnd, _ policy: RoutePolicy?) {
        let route: Logger.MetadataValue = "\(policy?.route ?? "-")"
        switch reason {
        case .tooSlow(let waiting):
            let limit = policy?.limits.socketBuffer ?? 0
            logger.warning(
                "slow consumer closed", metadata: ["route": route, "waiting": "\(waiting) bytes", "limit": "\(limit)"])
        case .unreadable(let error):
            logger.warning("history cannot be read, client closed", metadata: ["route": route, "error": "\(error)"])
        }
    }
}
