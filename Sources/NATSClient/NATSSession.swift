/// The life of one link, from the server's `INFO` to its end: events in, what to do out. No I/O, no clock.
package struct NATSSession {
    package enum Event: Sendable {
        case operation(NATSOperation)
        /// What is written from now on goes through TLS.
        case secured
        /// The time for the handshake is over.
        case handshakeDeadline
        /// Time to see whether the server is alive.
        case probe
    }

    package enum Action: Sendable {
        case nothing
        /// Go over to TLS, then say ``Event/secured``. The server says nothing before.
        case startTLS
        /// Send `CONNECT` and `PING`.
        case sendConnect(NATSServerInfo)
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
        case securing(NATSServerInfo)
        case authenticating(NATSServerInfo)
        case ready
        case failed
    }

    private var state = State.awaitingInfo
    private let maxPingsOut: Int
    private let wantsTLS: Bool
    private var isSecure: Bool
    /// Probes since the server last answered one.
    private var pingsOut = 0

    /// - Parameters:
    ///   - wantsTLS: leave a server that has none.
    ///   - isSecure: TLS is there from the first byte.
    package init(maxPingsOut: Int, wantsTLS: Bool = false, isSecure: Bool = false) {
        self.maxPingsOut = max(1, maxPingsOut)
        self.wantsTLS = wantsTLS
        self.isSecure = isSecure
    }

    package mutating func handle(_ event: Event) -> Action {
        switch (state, event) {
        case (.failed, _): .nothing
        case (.securing(let info), .secured): authenticate(info)
        case (_, .secured): .nothing
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
        // Whoever sits in between could have said it.
        case (.securing, _): return fail(.tlsFailed("the server spoke in the clear when TLS was due"))
        case (_, .ping): return .sendPong
        case (_, .ok): return .nothing
        case (_, .error(let error)):
            return fail(error.kind == .authentication ? .authenticationFailed(error.text) : .serverError(error))
        case (.awaitingInfo, .info(let info)):
            guard info.supportsHeaders else {
                return fail(.protocolViolation("it has no message headers: NATS 2.2 or newer is needed"))
            }
            return isSecure ? authenticate(info) : secure(info)
        case (.authenticating, .info(let info)):
            state = .authenticating(info)
            return .nothing
        case (.authenticating(let info), .pong):
            state = .ready
            return .becomeReady(info)
        default: return fail(.protocolViolation("a message before the handshake"))
        }
    }

    private mutating func secure(_ info: NATSServerInfo) -> Action {
        if info.requiresTLS || (wantsTLS && info.offersTLS) {
            state = .securing(info)
            return .startTLS
        }
        return wantsTLS ? fail(.tlsUnavailable) : authenticate(info)
    }

    private mutating func authenticate(_ info: NATSServerInfo) -> Action {
        state = .authenticating(info)
        return .sendConnect(info)
    }

    private mutating func probe() -> Action {
        guard pingsOut < maxPingsOut else { return fail(.stale) }
        pingsOut += 1
        return .sendPing
    }
}
