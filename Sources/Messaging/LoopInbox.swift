import NIOCore
import PluginKit
import Synchronization

/// What the bus has for one event loop, filled from any thread, emptied once per tick.
final class LoopInbox: Sendable {
    enum Entry: Sendable {
        case message(HubTopic, BusMessage)
        /// A history's messages behind this place follow.
        case started(HubTopic, HistoryToken)
        /// Messages of a history up to this place are gone.
        case lost(HubTopic, HistoryToken)
        case link(isUp: Bool)
        /// Messages of a feed were not taken in: the loop was too far behind.
        case overrun(HubTopic, Overrun)

        /// Of the payload and what goes with it, roughly.
        var size: Int {
            if case .message(_, let message) = self { message.payload.count + message.subject.utf8.count + 128 } else { 0 }
        }
    }

    struct Overrun {
        var count = 0
        /// Of the payloads.
        var bytes = 0
        /// Of the last message, where a history has them.
        var lastSequence: UInt64 = 0

        mutating func add(_ message: BusMessage) {
            count += 1
            bytes += message.payload.count
            lastSequence = message.position?.sequence ?? lastSequence
        }
    }

    private struct State {
        var entries: [Entry] = []
        var bytes = 0
        var isScheduled = false
        /// Feeds that lost messages since the loop came here last.
        var overruns: [ObjectIdentifier: (topic: HubTopic, lost: Overrun)] = [:]
    }

    private let state = Mutex(State())
    private let loop: any EventLoop
    private let drain: @Sendable () -> Void

    init(loop: any EventLoop, bound: Int, drain: @escaping @Sendable () -> Void) {
        self.loop = loop
        boundBytes = Atomic(bound)
        self.drain = drain
    }

    /// Bytes that may wait for the loop. Past them messages are left out, and their feeds are told of a gap.
    var bound: Int {
        get { boundBytes.load(ordering: .relaxed) }
        set { boundBytes.store(newValue, ordering: .relaxed) }
    }

    private let boundBytes: Atomic<Int>

    func push(_ entry: Entry) {
        let mustSchedule = state.withLock { state in
            if case .message(let topic, let message) = entry, state.bytes > bound {
                state.overruns[ObjectIdentifier(topic), default: (topic, Overrun())].lost.add(message)
            } else {
                state.bytes += entry.size
                state.entries.append(entry)
            }
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
            state.bytes = 0
            guard !state.overruns.isEmpty else { return }
            for (topic, lost) in state.overruns.values { entries.append(.overrun(topic, lost)) }
            state.overruns = [:]
        }
    }
}
