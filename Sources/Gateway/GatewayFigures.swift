import Messaging
import NATSClient
import Server

/// What the process has done since its start, and what it holds now.
struct GatewayFigures: Sendable {
    /// Of all loops together.
    var loops = LoopStatistics()
    var connectionsOpen = 0
    /// Turned away because too many were open.
    var connectionsRefused = 0
    /// Bytes kept for clients that are behind.
    var retainedBytes = 0
    /// Feeds of the bus that have clients.
    var feeds = 0
    var logLinesDropped = 0
    var isBusUp = true
    /// Nil for the embedded bus.
    var nats: NATSStatistics?

    mutating func add(_ loop: LoopFigures) {
        loops.add(loop.statistics)
        connectionsOpen += loop.connectionsOpen
        retainedBytes += loop.retainedBytes
    }
}

/// The part of one event loop, read on it.
struct LoopFigures: Sendable {
    var statistics: LoopStatistics
    var connectionsOpen: Int
    var retainedBytes: Int

    init(_ context: LoopContext) {
        statistics = context.statistics
        connectionsOpen = context.connectionCount
        retainedBytes = context.retainedBytes
    }
}
