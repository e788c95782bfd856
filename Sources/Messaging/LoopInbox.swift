import NIOCore
import PluginKit
import Synchronization

/// What the bus has for one event loop, filled from any thread, emptied once per tick.
final class LoopInbox: Sendable {
    struct Arrival: Sendable {
        var topic: HubTopic
        var message: BusMessage
    }

    enum Event: Sendable {
        /// A history's messages behind this place follow.
        case started(HubTopic, HistoryToken)
        /// Messages of a history up to this place are gone.
        case lost(HubTopic, HistoryToken)
        /// Messages of a feed were not taken in: the loop was too far behind.
        case overrun(HubTopic, Overrun)
        case link(isUp: Bool)
    }

    struct Overrun: Sendable {
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

    /// In the order of their coming. Messages stand apart, since there are many and the compiler copies an enum dearly.
    struct Arrivals: Sendable {
        var messages: [Arrival] = []
        /// Each with the number of messages before it.
        var events: [(place: Int, event: Event)] = []

        /// The memory stays, unless it is much.
        mutating func removeAll() {
            messages.removeAll(keepingCapacity: messages.count < 4096)
            events.removeAll()
        }
    }

    private struct State {
        var arrivals = Arrivals()
        /// What waits, about; past `bound` messages are left out and their feeds told of it.
        var bytes = 0
        var bound: Int
        var overruns: [ObjectIdentifier: (topic: HubTopic, lost: Overrun)] = [:]
        var isScheduled = false
    }

    private let state: Mutex<State>
    private let loop: any EventLoop
    private let drain: @Sendable () -> Void

    init(loop: any EventLoop, bound: Int, drain: @escaping @Sendable () -> Void) {
        self.loop = loop
        self.drain = drain
        state = Mutex(State(bound: bound))
    }

    /// Bytes that may wait for the loop.
    func setBound(_ bound: Int) { state.withLock { $0.bound = bound } }

    func push(_ message: BusMessage, for topic: HubTopic) {
        push { state in
            guard state.bytes <= state.bound else {
                return state.overruns[ObjectIdentifier(topic), default: (topic, Overrun())].lost.add(message)
            }
            // With what goes along, roughly.
            state.bytes += message.payload.count + 256
            state.arrivals.messages.append(Arrival(topic: topic, message: message))
        }
    }

    func push(_ event: Event) {
        push { $0.arrivals.events.append(($0.arrivals.messages.count, event)) }
    }

    @inline(__always)
    private func push(_ append: (inout State) -> Void) {
        let mustSchedule = state.withLock { state in
            append(&state)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if mustSchedule { loop.execute(drain) }
    }

    /// Swaps what has come against something empty whose memory is used again.
    func take(_ arrivals: inout Arrivals) {
        state.withLock { state in
            swap(&state.arrivals, &arrivals)
            state.isScheduled = false
            state.bytes = 0
            guard !state.overruns.isEmpty else { return }
            for (topic, lost) in state.overruns.values {
                arrivals.events.append((arrivals.messages.count, .overrun(topic, lost)))
            }
            state.overruns = [:]
        }
    }
}
