import NIOCore
import PluginKit

/// A request on its way through, whatever wire brought it.
struct Exchange {
    var request: Request
    var policy: RoutePolicy?
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
    private(set) var pending: PendingResponse?
    /// Tells a late completion from one that is waited for.
    private(set) var generation: UInt64 = 0

    init(peer: String, scheme: String) {
        request = Request(scheme: scheme, peer: peer)
    }

    /// - Parameter isTimed: whether anybody will ask how long it took.
    mutating func begin(id: RequestID, isTimed: Bool) {
        request.id = id
        if isTimed { started = .now() }
        status = 0
        sentBytes = 0
        bodyBytes = 0
    }

    mutating func wait(for response: PendingResponse) -> UInt64 {
        generation += 1
        pending = response
        return generation
    }

    /// Whether the completion of that generation is still wanted; wanted once.
    mutating func claim(_ generation: UInt64) -> Bool {
        guard pending != nil, self.generation == generation else { return false }
        pending = nil
        return true
    }

    /// Nobody waits any more: the client left or the time is up.
    mutating func abandon() {
        pending?.cancel()
        pending = nil
    }

    /// Moves the request out; it must be put back.
    mutating func takeRequest() -> Request {
        var taken = Request()
        swap(&taken, &request)
        return taken
    }

    mutating func end() {
        if !request.body.isEmpty { request.body = [] }
        policy = nil
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
