package import PluginKit
package import WebSocketWire

/// Where requests go. The composition root makes one per event loop, so it may keep caches without locks.
package protocol LoopRouter: AnyObject {
    /// Decides on a request once its head is complete. On the event loop, never blocks.
    /// - Parameter wantsSocket: the request asks for a WebSocket upgrade.
    func route(_ request: Request, wantsSocket: Bool) -> RouteOutcome
}

package enum RouteOutcome {
    /// - `values`: of the target's parameters.
    case target(RouteTarget, values: [String])
    /// The gateway's own answer: 404, 405, a redirect, health.
    indirect case answer(Response, RoutePolicy)
    /// The gateway's own error: becomes the envelope with the request's id.
    indirect case failure(status: Int, message: String, headers: HeaderFields, RoutePolicy)
}

/// A route or channel, ready to serve.
package final class RouteTarget: Sendable {
    package enum Kind: Sendable {
        case http(any HTTPHandler)
        case socket(any SocketHandler)
    }

    package let kind: Kind
    package let policy: RoutePolicy
    package let parameterNames: [String]
    /// Around the handler, outermost first.
    package let middleware: [any Middleware]

    package init(
        _ kind: Kind, policy: RoutePolicy, parameterNames: [String], middleware: [any Middleware] = []
    ) {
        self.kind = kind
        self.policy = policy
        self.parameterNames = parameterNames
        self.middleware = middleware
    }
}

/// What holds for the requests and sockets of one route. Compared by identity when a reload retires routes.
package final class RoutePolicy: Sendable {
    /// For the access log; nil where no service was found.
    package let service: String?
    /// The route's template as written; nil for the gateway's own answers.
    package let route: String?
    package let limits: RouteLimits

    package init(service: String? = nil, route: String? = nil, limits: RouteLimits = RouteLimits()) {
        self.service = service
        self.route = route
        self.limits = limits
    }
}

/// Sizes in bytes, times in seconds.
package struct RouteLimits: Sendable, Hashable {
    package var body = 32 << 20
    /// Largest WebSocket message accepted.
    package var message = 1 << 20
    /// Bytes that may wait for a socket before it is closed as a slow consumer.
    package var socketBuffer = 4 << 20
    /// Between two pieces of a body, whose average must be 1 KiB a second.
    package var bodyPiece: Int64 = 30
    /// From the end of the request to the handler's answer.
    package var request: Int64 = 60
    /// How often a socket is pinged; one that takes nothing and sends nothing until the next time is closed. 0: never.
    package var ping: Int64 = 30
    /// Origins that may open a socket: nil is the request's own host, `*` is any.
    package var origins: [String]?
    /// What is offered of permessage-deflate; nil: nothing.
    package var compression: CompressionSettings?

    package init() {}
}

/// What holds for a connection before its request has a route. Sizes in bytes, times in seconds.
package struct ConnectionLimits: Sendable, Hashable {
    package var head = 16 << 10
    package var requestLine = 8 << 10
    package var fields = 100
    /// From the first byte of a head (or the accept) to its end.
    package var header: Int64 = 10
    /// Between requests of a connection, and for a client that does not take its response.
    package var idle: Int64 = 75
    /// What may wait for all slow clients of an event loop together.
    package var backlog = 256 << 20

    package init() {}
}
