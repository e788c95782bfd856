import PluginKit
import Synchronization

/// What a client with a token may do, and how it hands in a newer one.
///
/// The session asks on the socket's event loop; answers of the guard come on any thread, one at a time.
final class BridgeRenewal: Sendable {
    private struct State {
        weak var socket: (any Socket)?
        var renew: Identity.Renewal
        var rights: BridgeRights
        var isUnderWay = false
        /// Came while another was under way; of several the last.
        var waiting: String?
    }

    private let bridge: BridgeHandler
    /// Who came, without what it sent to come in.
    private let request: Request
    /// The subjects of the channel, whatever the client may do there.
    private let named: BridgeRights
    private let state: Mutex<State>

    /// Nil where the guard renews nothing.
    init?(_ bridge: BridgeHandler, _ request: Request, named: BridgeRights, rights: BridgeRights, _ socket: any Socket)
    {
        guard let renew = request.identity?.renew else { return nil }
        self.bridge = bridge
        self.request = Request(parameters: request.parameters, id: request.id)
        self.named = named
        state = Mutex(State(socket: socket, renew: renew, rights: rights))
    }

    /// Where the client's messages go now.
    var publish: String? { state.withLock { $0.rights.publish } }

    /// Whether the message was for the guard.
    func takes(_ message: SocketMessage) -> Bool {
        guard RefreshMessage.isOne(message) else { return false }
        guard let token = RefreshMessage.token(message.payload) else {
            close(3000, "the refresh message is malformed")
            return true
        }
        let renew = state.withLock { state -> Identity.Renewal? in
            if state.isUnderWay {
                state.waiting = token
                return nil
            }
            state.isUnderWay = true
            return state.renew
        }
        renew?(token) { self.answered($0) }
        return true
    }

    private func answered(_ result: Result<Identity, RenewalRefused>) {
        switch result {
        case .success(let identity): apply(identity)
        case .failure(let refused): return close(3000, refused.reason)
        }
        let next = state.withLock { state -> (renew: Identity.Renewal, token: String)? in
            state.isUnderWay = state.waiting != nil
            defer { state.waiting = nil }
            return state.waiting.map { (state.renew, $0) }
        }
        if let next { next.renew(next.token) { self.answered($0) } }
    }

    private func apply(_ identity: Identity) {
        guard let socket = state.withLock({ $0.socket }) else { return }
        do throws(SubjectProblem) {
            guard try bridge.named(request.parameters, identity) == named else {
                return close(1008, "the new token is for another subject")
            }
            let rights = try named.allowed(by: identity.permissions)
            let before = state.withLock { state in
                defer { state.rights = rights }
                state.renew = identity.renew ?? state.renew
                return state.rights
            }
            if let subject = before.subscribe, rights.subscribe == nil { socket.leave(subject) }
            if before.subscribe == nil, let subject = rights.subscribe { try join(subject, socket) }
            socket.expire(at: identity.expires)
        } catch {
            close(1008, error.message)
        }
    }

    /// As a new client would.
    private func join(_ subject: String, _ socket: any Socket) throws(SubjectProblem) {
        do throws(Refusal) {
            if let feed = try bridge.feed(subject, request) { socket.join(feed) }
        } catch {
            throw SubjectProblem(error.response.status, "nothing is kept on this subject")
        }
    }

    private func close(_ code: UInt16, _ reason: String) {
        state.withLock { $0.socket }?.close(code: code, reason: reason)
    }
}
