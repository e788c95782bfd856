import NIOCore
import PluginKit

/// What is known of a request on its way through, besides itself.
struct Exchange {
    var id = RequestID(rawValue: 0)
    var minorVersion: UInt8 = 1
    var isHead = false
    var policy: RoutePolicy?
    var hasParameters = false
    /// What stands around the handler, and how much of it the request has passed; both empty without `use`.
    var middleware: [any Middleware] = []
    var passed = 0
    var started = NIODeadline.now()
    /// Body bytes received, kept or not.
    var bodyBytes = 0
    /// When the body was due to begin, in the wheel's seconds.
    var bodyBegan: Int64 = 0
    /// What was answered; 0 until then.
    var status = 0
    /// Response body bytes.
    var sentBytes = 0
    /// The answer that is being waited for.
    private(set) var pending: Awaited?
    /// Tells a late completion from one that is waited for.
    private(set) var generation: UInt64 = 0

    /// - Parameter started: nil if nobody will ask how long it took.
    mutating func begin(_ id: RequestID, minorVersion: UInt8, isHead: Bool, started: NIODeadline?) {
        self.id = id
        self.minorVersion = minorVersion
        self.isHead = isHead
        if let started { self.started = started }
        status = 0
        sentBytes = 0
        bodyBytes = 0
        hasParameters = false
        if !middleware.isEmpty { leaveMiddleware() }
    }

    mutating func leaveMiddleware() {
        middleware = []
        passed = 0
    }

    /// What an exchange waits for.
    enum Awaited {
        case response(PendingResponse)
        case passage(PendingPassage)

        func cancel() {
            switch self {
            case .response(let pending): pending.cancel()
            case .passage(let pending): pending.cancel()
            }
        }
    }

    mutating func wait(for awaited: Awaited) -> UInt64 {
        generation += 1
        pending = awaited
        return generation
    }

    /// Whether the completion of that generation is still wanted; wanted once.
    mutating func claim(_ generation: UInt64) -> Bool {
        guard pending != nil, self.generation == generation else { return false }
        pending = nil
        return true
    }

    /// Nobody waits any more: the client left or the time is up. Returns what the caller cancels.
    mutating func abandon() -> Awaited? {
        defer { pending = nil }
        return pending
    }
}

extension RouteOutcome {
    var policy: RoutePolicy {
        switch self {
        case .target(let target, _): target.policy
        case .answer(_, let policy), .failure(_, _, _, let policy): policy
        }
    }

    /// Whether a handler gets the body.
    var isHandled: Bool {
        if case .target = self { true } else { false }
    }
}
