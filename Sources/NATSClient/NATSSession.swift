/// The life of one link, from the server's `INFO` to its end: events in, what to do out. No I/O, no clock.
package struct NATSSession {
    package enum Event: Sendable {
        case operation(NATSOperation)
        /// The time for the handshake is over.
        case handshakeDeadline
        /// Time to see whether the server is alive.
        case probe
    }

    package enum Action: Sendable {
        case nothing
        /// Send `CONNECT` and `PING`.
        case sendConnect
        case sendPing
        case sendPong
        /// The server took us: subscriptions and publishes may flow.
        case becomeReady(NATSServerInfo)
        /// The server has what was sent before the oldest open `PING`.
        case confirm
        /// The server's `INFO` changed.
        case update(NATSServerInfo)
        case deliver(subscription: UInt64, NATSMessage)
        /// An error that the link outlives.
        case report(NATSServerError)
        /// Close the link. Nothing else follows.
        case fail(NATSDisconnectReason)
    }

    private enum State {
        case awaitingInfo
        case authenticating(NATSServerInfo)
        case ready
        case failed
    }

    private var state = State.awaitingInfo
    private let maxPingsOut: Int
    /// Probes since the server last answered one.
    private var pingsOut = 0

    package init(maxPingsOut: Int) { self.maxPingsOut = max(1, maxPingsOut) }

    package mutating func handle(_ event: Event) -> Action {
        switch (state, event) {
        case (.failed, _): .nothing
        case (.ready, .operation(let operation)): ready(operation)
        case (_, .operation(let operation)): handshake(operation)
        case (.ready, .handshakeDeadline): .nothing
        case (_, .handshakeDeadline): fail(.handshakeTimeout)
        case (.ready, .probe): probe()
        case (_, .probe): .nothing
        }
    }

    private mutating func fail(_ reason: NATSDisconnectReason) -> Action {
        state = .failed
        return .fail(reason)
    }

    private mutating func ready(_ operation: NATSOperation) -> Action {
        switch operation {
        case .message(let subscription, let message): return .deliver(subscription: subscription, message)
        case .ping: return .sendPong
        case .pong:
            pingsOut = 0
            return .confirm
        case .ok: return .nothing
        case .info(let info): return .update(info)
        case .error(let error):
            guard error.endsLink else { return .report(error) }
            return fail(error.kind == .authentication ? .authenticationFailed(error.text) : .serverError(error))
        }
    }

    private mutating func handshake(_ operation: NATSOperation) -> Action {
        switch (state, operation) {
        case (_, .ping): return .sendPong
        case (_, .ok): return .nothing
        case (_, .error(let error)):
            return fail(error.kind == .authentication ? .authenticationFailed(error.text) : .serverError(error))
        case (.awaitingInfo, .info(let info)):
            if info.requiresTLS { return fail(.tlsRequired) }
            guard info.supportsHeaders else {
                return fail(.protocolViolation("it has no message headers: NATS 2.2 or newer is needed"))
            }
            state = .authenticating(info)
            return .sendConnect
        case (.authenticating, .info(let info)):
            state = .authenticating(info)
            return .nothing
        case (.authenticating(let info), .pong):
            state = .ready
            return .becomeReady(info)
        default: return fail(.protocolViolation("a message before the handshake"))
        }
    }

    private mutating func probe() -> Action {
        guard pingsOut < maxPingsOut else { return fail(.stale) }
        pingsOut += 1
        return .sendPing
    }
}
