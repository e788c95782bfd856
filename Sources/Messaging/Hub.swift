import NIOCore
package import PluginKit
import Synchronization

/// Which sockets of this process want which feeds: one subscription on the bus for each, whatever the number of
/// sockets.
///
/// A message goes from the bus to the inbox of each event loop that has members; `LoopHub` takes it from there.
package final class Hub: Sendable {
    private struct State {
        var topics: [FeedKey: HubTopic] = [:]
        /// Of every loop, for what concerns them all.
        var inboxes: [LoopInbox] = []
        var link: (any BusSubscription)?
    }

    private let state = Mutex(State())
    private let bus: any Bus

    package init(bus: any Bus) {
        self.bus = bus
        let link = bus.watch { [weak self] event in self?.tell(event) }
        state.withLock { $0.link = link }
    }

    deinit { state.withLock { $0.link?.cancel() } }

    /// Feeds subscribed to at this moment.
    package var subscriptionCount: Int { state.withLock { $0.topics.count } }

    /// Whether publishers can be made to wait.
    var canBlock: Bool { bus is EmbeddedBus }

    /// A loop that wants to hear of the link to the bus.
    func register(_ inbox: LoopInbox) {
        state.withLock { $0.inboxes.append(inbox) }
    }

    private func tell(_ event: BusEvent) {
        let isUp = if case .up = event { true } else { false }
        for inbox in state.withLock({ $0.inboxes }) { inbox.push(.link(isUp: isUp)) }
    }

    /// A loop has its first member of a feed.
    func retain(_ key: FeedKey, history: (any History)?, inbox: LoopInbox) -> HubTopic {
        state.withLock { state in
            if let known = state.topics[key] {
                known.add(inbox)
                return known
            }
            let topic = HubTopic(key, history)
            topic.add(inbox)
            state.topics[key] = topic
            // Under the lock, so that subscribing and cancelling reach the bus in the order they were decided.
            topic.begin(bus)
            return topic
        }
    }

    /// A loop has lost its last member of a feed.
    func release(_ key: FeedKey, inbox: LoopInbox) {
        state.withLock { state in
            guard let topic = state.topics[key], topic.remove(inbox) else { return }
            state.topics[key] = nil
            topic.end()
        }
    }
}

/// What a feed is to the bus: feeds of one key share a subscription.
struct FeedKey: Hashable, Sendable {
    var subject: SubjectKey
    /// The history that the messages come from; nil for the bus itself.
    var history: ObjectIdentifier?
    /// Publishers wait for its members.
    var blocks = false
}

/// One feed of the process: its subscription, the loops that want it, and the members that publishers wait for.
final class HubTopic: Sendable {
    private struct Audience {
        var inboxes: [LoopInbox] = []
        /// Of a history: the place up to which its messages have been handed out.
        var position: HistoryToken?
    }

    private struct Jam {
        /// ``Socket/id`` of those that are behind.
        var members: Set<UInt64> = []
        var congestion = Congestion()
    }

    let key: FeedKey
    /// Held, so that no other can have its identity in the key meanwhile.
    private let history: (any History)?
    private let audience = Mutex(Audience())
    private let subscription = Mutex<(any BusSubscription)?>(nil)
    private let jam = Mutex(Jam())
    /// Bytes handed to loops that have not come to them yet; counted where publishers wait.
    private let inFlight = Atomic(0)

    init(_ key: FeedKey, _ history: (any History)?) {
        self.key = key
        self.history = history
    }

    func begin(_ bus: any Bus) {
        let begun: any BusSubscription
        if let history {
            begun = history.follow(key.subject.text) { [self] event in take(event) }
        } else if key.blocks, let bus = bus as? EmbeddedBus {
            begun = bus.subscribe(key.subject.text, queue: nil, congestion: { [self] in congestion(for: $0) }) {
                [self] message in deliver(message)
            }
        } else {
            begun = bus.subscribe(key.subject.text) { [self] message in deliver(message) }
        }
        subscription.withLock { $0 = begun }
    }

    func end() {
        subscription.withLock { subscription in
            subscription?.cancel()
            subscription = nil
        }
    }

    // MARK: Loops

    func add(_ inbox: LoopInbox) {
        audience.withLock { audience in
            audience.inboxes.append(inbox)
            // The loop begins where the others are.
            if let position = audience.position { inbox.push(.started(self, position)) }
        }
    }

    /// Returns whether no loop is left.
    func remove(_ inbox: LoopInbox) -> Bool {
        audience.withLock { audience in
            audience.inboxes.removeAll { $0 === inbox }
            return audience.inboxes.isEmpty
        }
    }

    private func deliver(_ message: BusMessage) {
        audience.withLock { audience in
            if key.blocks { sent(message.payload.count * audience.inboxes.count) }
            for inbox in audience.inboxes { inbox.push(message, for: self) }
        }
    }

    private func take(_ event: HistoryEvent) {
        audience.withLock { audience in
            switch event {
            case .started(let token):
                audience.position = token
                for inbox in audience.inboxes { inbox.push(.started(self, token)) }
            case .message(let message):
                if let position = message.position { audience.position?.sequence = position.sequence }
                for inbox in audience.inboxes { inbox.push(message, for: self) }
            case .lost(let token):
                audience.position = token
                for inbox in audience.inboxes { inbox.push(.lost(self, token)) }
            }
        }
    }

    // MARK: Members that publishers wait for

    /// Publishers must not be far ahead of the loops either, which are the ones to see who is behind.
    private func sent(_ bytes: Int) {
        if inFlight.add(bytes, ordering: .relaxed).newValue > Self.inFlightBound { jam(by: Self.loops) }
    }

    /// A loop has taken payloads over. Returns what is to be relieved then.
    func landed(_ bytes: Int) -> Congestion? {
        let left = inFlight.subtract(bytes, ordering: .relaxed).newValue
        return left <= Self.inFlightBound / 2 ? clear(Self.loops) : nil
    }

    private static let inFlightBound = 64 << 10
    /// Stands for the loops among those that publishers wait for; no client has this name.
    private static let loops = UInt64.max

    /// A member is too far behind.
    func jam(by member: UInt64) { jam.withLock { _ = $0.members.insert(member) } }

    /// It has caught up, or is gone. Returns what is to be relieved then.
    func clear(_ member: UInt64) -> Congestion? {
        jam.withLock { jam in
            // The last one may be among those who wait. Who waits for it goes on waiting with the next message.
            guard jam.members.remove(member) != nil, jam.members.count <= 1 else { return nil }
            defer { jam.congestion = Congestion() }
            return jam.congestion
        }
    }

    /// What the publisher of `message` waits for. Nobody waits for himself.
    private func congestion(for message: BusMessage) -> Congestion? {
        jam.withLock { jam in
            jam.members.contains { $0 != message.origin } ? jam.congestion : nil
        }
    }
}
