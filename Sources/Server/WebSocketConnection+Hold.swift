import NIOCore
import PluginKit
import WebSocketWire

/// A client that publishes faster than a subscriber takes it waits: its messages are kept, up to a bound, and past that
/// its socket is not read.
extension WebSocketConnection {
    struct Holding {
        /// In the wheel's seconds: then it goes on, relieved or not.
        var end: Int64
        var congestion: Congestion
        var messages: [SocketMessage] = []
        var bytes = 0
    }

    /// Seconds.
    private static let longestHold: Int64 = 10
    private static let bound = 64 << 10

    var isHeld: Bool { holding != nil }

    func hold(until congestion: Congestion) {
        onLoop {
            guard self.closing.isOpen, !self.isHeld, !self.ignoresHolds, !congestion.isRelieved else { return }
            self.holding = Holding(end: self.loop.wheel.now + Self.longestHold, congestion: congestion)
            self.arm()
            congestion.whenRelieved { self.onLoop { if self.holding?.congestion == congestion { self.release() } } }
        }
    }

    /// What came meanwhile is kept in its order.
    func keep(_ message: SocketMessage) {
        holding?.messages.append(message)
        holding?.bytes += message.payload.count
        if holding?.bytes ?? 0 > Self.bound, !isReadingPaused { pauseReading(true) }
    }

    /// What was kept goes to the session all the same: the client has ended, and waits for nothing any more.
    func deliverKept() {
        guard let kept = holding?.messages else { return }
        holding = nil
        ignoresHolds = true
        for message in kept where closing.isOpen { take(message) }
    }

    /// Goes on if it was held long enough. Returns false if what was held has closed the socket: then its end is waited
    /// for, and nothing else.
    func endsHold() -> Bool {
        if let end = holding?.end, loop.wheel.now >= end { release() }
        return closing.isOpen
    }

    /// Goes on with what came meanwhile; a message of it may hold the socket again.
    func release() {
        guard let holding else { return }
        self.holding = nil
        for message in holding.messages where closing.isOpen { take(message) }
        if isReadingPaused, !isHeld, handler.isWritable { pauseReading(false) }
    }
}
