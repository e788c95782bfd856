package import Logging
package import Messaging
package import NIOCore
import PluginKit
import WebSocketWire

/// What the connections of one event loop share. Used on that loop only.
package final class LoopContext: @unchecked Sendable {  // proof: handed out by the loop's own initializer; all use is on `loop`
    package let loop: any EventLoop
    let hub: LoopHub
    let wheel: TimerWheel<ConnectionHandler>
    let inflaters = InflaterPool()
    /// Open sockets that keep zlib's state for themselves.
    var takeoverSockets = 0
    let budget: ConnectionBudget
    let accessLog: AccessLog?
    let logger: Logger
    private(set) var limits: ConnectionLimits
    private(set) var router: any LoopRouter
    private(set) var isDraining = false
    /// Not visible to other modules, whose accesses would make ours here checked at run time.
    var counters = LoopStatistics()
    package var statistics: LoopStatistics {
        var statistics = counters
        statistics.fanOut = hub.statistics
        return statistics
    }

    /// Bytes of responses being gathered for the connection that is reading now; empty between connections.
    private var outgoing: [UInt8] = []
    private var lastRequest: UInt64
    private var lastClient = UInt64.random(in: 1..<UInt64.max - 1)
    private var dateSecond: Int64 = 0
    private var dateBytes: [UInt8] = []

    package init(
        loop: any EventLoop, index: Int, hub: LoopHub, router: any LoopRouter, limits: ConnectionLimits,
        budget: ConnectionBudget, accessLog: AccessLog?, logger: Logger
    ) {
        self.loop = loop
        self.hub = hub
        self.router = router
        self.limits = limits
        self.budget = budget
        self.accessLog = accessLog
        self.logger = logger
        hub.budget = limits.backlog
        wheel = TimerWheel(loop: loop)
        lastRequest = UInt64.random(in: 0..<1 << 16) << 48 | UInt64(index & 0xFF) << 40
    }

    func nextRequestID() -> RequestID {
        lastRequest &+= 1
        return RequestID(rawValue: lastRequest)
    }

    /// Differs from the names of all clients, those of other processes too.
    func nextClientID() -> UInt64 {
        lastClient &+= 1
        if lastClient == .max { lastClient = 1 }
        return lastClient
    }

    /// The `Date` field's value, 29 bytes, made once a second.
    var date: [UInt8] {
        let now = WallClock.seconds()
        if now != dateSecond || dateBytes.isEmpty {
            dateSecond = now
            dateBytes = HTTPDate(epochSeconds: now).bytes
        }
        return dateBytes
    }

    /// Adds to what goes out next. `write` only writes: it may not come back here.
    ///
    /// The bytes are moved out and in again, since a long access to a stored property is checked at run time.
    @inline(__always)
    func gather<E: Error>(_ write: (inout [UInt8]) throws(E) -> Void) throws(E) {
        var bytes: [UInt8] = []
        swap(&bytes, &outgoing)
        defer { swap(&bytes, &outgoing) }
        try write(&bytes)
    }

    /// For a connection that is gone in the middle of a read.
    func discardOutgoing() { outgoing.removeAll(keepingCapacity: true) }

    func sendOutgoing(to handler: ConnectionHandler) {
        guard !outgoing.isEmpty else { return }
        var bytes: [UInt8] = []
        swap(&bytes, &outgoing)
        handler.send(bytes.span)
        bytes.removeAll(keepingCapacity: bytes.count < 1 << 16)
        // Sending calls nobody back, so nothing has been gathered meanwhile.
        swap(&bytes, &outgoing)
    }

    // MARK: Reload and drain

    /// From the next request on, this loop routes with `router`.
    package func install(router: any LoopRouter, limits: ConnectionLimits) {
        loop.assertInEventLoop()
        self.router = router
        self.limits = limits
        hub.budget = limits.backlog
    }

    /// Stops taking requests: idle connections close now, busy ones after their response, sockets with 1001.
    package func beginDrain() {
        loop.assertInEventLoop()
        isDraining = true
        for connection in wheel.clients { connection.drain() }
    }

    /// Cuts what is still open. Returns how many connections that were.
    package func cutConnections() -> Int {
        let open = wheel.clients
        for connection in open { connection.cut() }
        return open.count
    }

    package var connectionCount: Int { wheel.clients.count }
    /// Bytes kept for clients that are behind.
    package var retainedBytes: Int { hub.retainedBytes }

    /// Closes the sockets of these routes with 1012, ends their event streams, and returns how many that were.
    package func closeSockets(of policies: [RoutePolicy], _ reason: String) -> Int {
        guard !policies.isEmpty else { return 0 }
        let picked = Set(policies.map { ObjectIdentifier($0) })
        var closed = 0
        for connection in wheel.clients {
            if connection.connection?.retire(picked, reason) == true { closed += 1 }
        }
        return closed
    }
}

/// Counters of one event loop since the start, or of several together.
package struct LoopStatistics: Sendable {
    package var connectionsAccepted = 0
    package var requests = 0
    package var socketsOpened = 0
    package var socketsOpen = 0
    package var eventStreamsOpened = 0
    package var refusedHeads = 0
    package var handlerFailures = 0
    package var lateCompletions = 0
    /// Messages of clients that a guard did not let through.
    package var messagesRefused = 0
    package var fanOut = FanOutStatistics()

    package init() {}

    package mutating func add(_ other: LoopStatistics) {
        connectionsAccepted += other.connectionsAccepted
        requests += other.requests
        socketsOpened += other.socketsOpened
        socketsOpen += other.socketsOpen
        eventStreamsOpened += other.eventStreamsOpened
        refusedHeads += other.refusedHeads
        handlerFailures += other.handlerFailures
        lateCompletions += other.lateCompletions
        messagesRefused += other.messagesRefused
        fanOut.add(other.fanOut)
    }
}
