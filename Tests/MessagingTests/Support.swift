import Foundation
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

/// The embedded bus, counting what the hub asks of it, with a link that can be lost.
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
    private let watchers = Collected<@Sendable (BusEvent) -> Void>()

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

    func history(_ configuration: HistoryConfiguration) -> any History { bus.history(configuration) }

    func watch(_ handler: @escaping @Sendable (BusEvent) -> Void) -> any BusSubscription {
        watchers.append(handler)
        return Subscription(inner: bus.watch(handler)) {}
    }

    /// What happens to the link, told to all who watch it.
    func link(_ event: BusEvent) {
        for watcher in watchers.all { watcher(event) }
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
    /// Runs each time the fan-out gives it up.
    var onEnd: (() -> Void)?
    /// Runs after each write.
    var onWrite: ((Client) -> Void)?

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
        onWrite?(self)
    }

    func end(_ reason: MemberEnd) {
        ends.append(reason)
        onEnd?()
    }

    /// Lets go of the membership, as a connection that is gone does.
    func close() {
        leaveAll()
        member = nil
    }

    /// The kernel takes all that was queued; what follows too if it is not stuck any more.
    func take(staysStuck: Bool = false) {
        isStuck = staysStuck
        queuedBytes = 0
        hub.ready(member)
    }

    /// The kernel takes some of what was queued.
    func take(bytes: Int) {
        queuedBytes = max(0, queuedBytes - bytes)
        if queuedBytes == 0 { hub.ready(member) }
    }

    private var reader = FrameReader(
        role: .client, maxMessageSize: 1 << 24, inflation: MessageInflation(keptWindowBits: nil, pool: InflaterPool()))
    private var readWrites = 0
    private var readEvents: [FrameEvent] = []
    private var readTexts: [String] = []

    /// What a WebSocket client reads from all that was written.
    var events: [FrameEvent] {
        for frames in writes[readWrites...] {
            let span = frames.readableBytesUInt8Span
            var consumed = 0
            while let event = reader.read(span, consumed: &consumed) { readEvents.append(event) }
        }
        readWrites = writes.count
        return readEvents
    }

    /// The payloads, whatever their kind.
    var texts: [String] {
        for event in events[readTexts.count...] {
            if case .message(_, let payload) = event { readTexts.append(payload.text) } else { readTexts.append("\(event)") }
        }
        return readTexts
    }

    /// All bytes, for encodings that are text.
    var text: String { writes.map { String(buffer: $0) }.joined() }
}

extension Feed {
    /// With all that the tests vary.
    static func of(
        _ subject: String, _ format: Format = .raw, skipsOwn: Bool = false, _ policy: SlowPolicy = .close,
        maxLag: Duration? = nil
    ) -> Feed {
        Feed(subject, format: format, skipsOwn: skipsOwn, slowPolicy: policy, maxLag: maxLag)
    }
}

extension [String] {
    /// Envelopes as short as they can be told apart: a message's text, a notice as `dropped 3`, `gap e:5`, `bus up`.
    var shortened: [String] { map { $0.shortened } }
}

extension String {
    var shortened: String {
        guard let data = data(using: .utf8),
            let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            let type = object["type"] as? String
        else { return "no envelope: \(self)" }
        if type == "message" { return object["data"] as? String ?? object["data64"] as? String ?? "no data" }
        let details = ["after", "count", "state", "id"].compactMap { object[$0].map { "\($0)" } }
        return ([type] + details).joined(separator: " ")
    }
}
