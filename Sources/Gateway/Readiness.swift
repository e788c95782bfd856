import NATSClient
import PluginKit
import Synchronization

/// Whether requests are welcome, as `/readyz` tells it. Any thread.
final class Readiness: Sendable {
    private let draining = Atomic(false)
    private let bus: any Bus

    init(bus: any Bus) {
        self.bus = bus
    }

    func beginDrain() { draining.store(true, ordering: .relaxed) }

    /// Why not, or nil.
    var problem: String? {
        if draining.load(ordering: .relaxed) { return "the gateway is shutting down" }
        return bus.isAvailable ? nil : "the bus is away"
    }

    /// The body of a good answer: `ready`, and how the bus is.
    var report: String {
        guard let bus = bus as? NATSBus else { return "ready\nbus: embedded\n" }
        return "ready\nbus: connected, \(bus.connection.statistics.reconnects) reconnects\n"
    }
}
