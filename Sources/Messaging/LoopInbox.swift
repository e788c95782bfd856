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

    func push(_ entry: Entry) {
        let mustSchedule = state.withLock { state in
            state.entries.append(entry)
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
