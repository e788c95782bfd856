import Messaging
import NIOCore
import PluginKit
import Synchronization
import TestSupport
import WebSocketWire

/// What a subscription was handed, from any thread.
final class Collected<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    var all: [Element] { elements.withLock { $0 } }
    var count: Int { elements.withLock { $0.count } }

    func append(_ element: Element) { elements.withLock { $0.append(element) } }
}

extension BusMessage {
    init(_ subject: String, _ text: String, _ frame: Frame = .unspecified) {
        self.init(subject: subject, payload: Payload(text: text), frame: frame)
    }
}

/// The embedded bus, counting what the hub asks of it.
final class CountingBus: Bus {
    private struct Subscription: BusSubscription {
        let inner: any BusSubscription
        let cancelled: @Sendable () -> Void

        func cancel() {
            inner.cancel()
            cancelled()
        }
    }

    private let bus = EmbeddedBus()
    private let live = Mutex<[String: Int]>([:])
    private let log = Collected<String>()

    /// Subscriptions that are not cancelled, by pattern.
    var subscriptions: [String: Int] { live.withLock { $0 } }
    /// `+pattern` and `-pattern` in the order they were asked for.
    var history: [String] { log.all }

    func publish(_ message: BusMessage) -> PublishResult { bus.publish(message) }

    func publish(_ subject: String, _ text: String, _ frame: BusMessage.Frame = .unspecified) {
        _ = publish(BusMessage(subject, text, frame))
    }

    func subscribe(
        _ subject: String, queue: String?, deliver: @escaping @Sendable (BusMessage) -> Void
    ) -> any BusSubscription {
        log.append("+\(subject)")
        live.withLock { $0[subject, default: 0] += 1 }
        return Subscription(inner: bus.subscribe(subject, deliver: deliver)) { [self] in
            log.append("-\(subject)")
            live.withLock { $0[subject] = $0[subject] == 1 ? nil : ($0[subject] ?? 0) - 1 }
        }
    }
}

/// A client of one loop, as the fan-out sees it: keeps what it is given.
final class Client: OutPort {
    let hub: LoopHub
    private(set) var member: Member!
    private(set) var writes: [ByteBuffer] = []
    /// Why the fan-out gave it up, each time it did.
    private(set) var ends: [MemberEnd] = []
    /// Bytes the kernel does not take.
    private(set) var queuedBytes = 0
    var isStuck = false
    /// Runs once, inside the next write.
    var duringWrite: (() -> Void)?

    init(
        _ hub: LoopHub, limit: Int = 1 << 20, id: UInt64 = 0, framing: Encoding.Framing = .frames(nil),
        _ subjects: String...
    ) {
        self.hub = hub
        member = Member(port: self, limit: limit, id: id, framing: framing)
        for subject in subjects { join(subject) }
    }

    func join(_ subject: String) { join(Feed(subject)) }
    func join(_ feed: Feed) { hub.join(member, feed) }
    func leave(_ subject: String) { hub.leave(member, subject) }
    func leaveAll() { hub.leaveAll(member) }

    func write(_ bytes: ByteBuffer) {
        writes.append(bytes)
        if isStuck { queuedBytes += bytes.readableBytes }
        let action = duringWrite
        duringWrite = nil
        action?()
    }

    func end(_ reason: MemberEnd) { ends.append(reason) }

    /// The kernel takes all that was queued; what follows too if it is not stuck any more.
    func take(staysStuck: Bool = false) {
        isStuck = staysStuck
        queuedBytes = 0
        hub.ready(member)
    }

    /// What a WebSocket client reads from all that was written.
    var events: [FrameEvent] {
        var reader = FrameReader(
            role: .client, maxMessageSize: 1 << 24, inflation: MessageInflation(keptWindowBits: nil, pool: InflaterPool()))
        return writes.flatMap { frames in
            let span = frames.readableBytesUInt8Span
            var consumed = 0
            var events: [FrameEvent] = []
            while let event = reader.read(span, consumed: &consumed) { events.append(event) }
            return events
        }
    }

    /// The payloads, whatever their kind.
    var texts: [String] {
        events.map { event in
            if case .message(_, let payload) = event { payload.text } else { "\(event)" }
        }
    }

    /// All bytes, for encodings that are text.
    var text: String { writes.map { String(buffer: $0) }.joined() }
}
