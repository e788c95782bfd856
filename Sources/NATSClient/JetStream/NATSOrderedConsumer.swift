internal import NIOCore

/// Reads a stream in order, each message once, whatever becomes of the link, the server or the consumer there.
///
/// A consumer on the server that skips, falls silent or vanishes is replaced by one that begins behind the last message
/// given. It lives until ``cancel()`` or the end of the connection, whether or not somebody holds it.
public final class NATSOrderedConsumer: Sendable {
    private let reading: NIOLoopBoundBox<NATSOrderedReading>
    private let eventLoop: any EventLoop

    init(_ reading: sending NATSOrderedReading, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.reading = .makeBoxSendingValue(reading, eventLoop: eventLoop)
        eventLoop.execute { [reading = self.reading] in reading.value.start() }
    }

    /// Ends it; any thread, as often as you like. Called on the event loop, nothing is told after it returns.
    public func cancel() {
        if eventLoop.inEventLoop { return reading.value.cancel() }
        eventLoop.execute { [reading] in reading.value.cancel() }
    }
}

extension NATSJetStream {
    /// Reads a stream in order from now on.
    ///
    /// - Parameters:
    ///   - filter: only messages on subjects that match.
    ///   - headersOnly: leaves the payloads out.
    ///   - idleHeartbeat: how often the server says that there is nothing new; three of them missing are the sign of
    ///     a dead consumer. 100 ms or more.
    ///   - handle: called on the event loop; must not block.
    /// - Throws: ``NATSJetStreamError/invalid(_:)`` only. What fails later is told and tried again.
    public func orderedConsumer(
        stream: String, filter: String? = nil, start: NATSStreamStart = .new, headersOnly: Bool = false,
        idleHeartbeat: Duration = .seconds(5), handle: @escaping @Sendable (NATSStreamEvent) -> Void
    ) throws(NATSJetStreamError) -> NATSOrderedConsumer {
        try check(stream, "stream")
        try check(filter: filter)
        guard idleHeartbeat >= .milliseconds(100) else { throw .invalid("the idle heartbeat is shorter than 100 ms") }
        var configuration = NATSConsumerConfiguration.reading(
            filter: filter, start: start, headersOnly: headersOnly, inactiveThreshold: idleHeartbeat * 4)
        configuration.hasFlowControl = true
        configuration.idleHeartbeat = idleHeartbeat
        let reading = NATSOrderedReading(
            self, stream: stream, configuration: configuration, heartbeat: idleHeartbeat, handle: handle)
        return NATSOrderedConsumer(reading, eventLoop: connection.eventLoop)
    }
}
