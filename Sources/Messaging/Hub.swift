import NIOCore
package import PluginKit
import Synchronization

/// Which sockets of this process want which subjects: one subscription on the bus for each pattern, whatever the
/// number of sockets.
///
/// A message goes from the bus to the inbox of each event loop that has members; `LoopHub` takes it from there.
package final class Hub: Sendable {
    private let topics = Mutex<[SubjectKey: Topic]>([:])
    private let bus: any Bus

    package init(bus: any Bus) {
        self.bus = bus
    }

    /// Patterns subscribed to at this moment.
    package var subscriptionCount: Int { topics.withLock { $0.count } }

    /// A loop has its first member of `pattern`.
    func retain(_ pattern: SubjectKey, inbox: LoopInbox) {
        topics.withLock { topics in
            let topic = topics[pattern] ?? Topic()
            topic.inboxes.withLock { $0.append(inbox) }
            guard topics[pattern] == nil else { return }
            topics[pattern] = topic
            // Under the lock, so that subscribing and cancelling reach the bus in the order they were decided.
            topic.subscription.withLock {
                $0 = bus.subscribe(pattern.text) { message in
                    topic.inboxes.withLock { for inbox in $0 { inbox.push(message, pattern: pattern) } }
                }
            }
        }
    }

    /// A loop has lost its last member of `pattern`.
    func release(_ pattern: SubjectKey, inbox: LoopInbox) {
        topics.withLock { topics in
            guard let topic = topics[pattern] else { return }
            let isUnused = topic.inboxes.withLock { inboxes in
                inboxes.removeAll { $0 === inbox }
                return inboxes.isEmpty
            }
            guard isUnused else { return }
            topics[pattern] = nil
            topic.subscription.withLock { $0?.cancel() }
        }
    }

    private final class Topic: Sendable {
        let inboxes = Mutex<[LoopInbox]>([])
        let subscription = Mutex<(any BusSubscription)?>(nil)
    }
}

/// What the bus has for one event loop, filled from any thread, emptied once per tick.
final class LoopInbox: Sendable {
    struct Entry {
        var pattern: SubjectKey
        var message: BusMessage
    }

    private struct State {
        var entries: [Entry] = []
        var isScheduled = false
    }

    private let state = Mutex(State())
    private let loop: any EventLoop
    private let drain: @Sendable () -> Void

    init(loop: any EventLoop, drain: @escaping @Sendable () -> Void) {
        self.loop = loop
        self.drain = drain
    }

    func push(_ message: BusMessage, pattern: SubjectKey) {
        let mustSchedule = state.withLock { state in
            state.entries.append(Entry(pattern: pattern, message: message))
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if mustSchedule { loop.execute(drain) }
    }

    /// Swaps the entries out against an empty array whose memory is used again.
    func take(_ entries: inout [Entry]) {
        state.withLock { state in
            swap(&state.entries, &entries)
            state.isScheduled = false
        }
    }
}
