import Logging
import PluginKit
import WebSocketWire

/// What the steps of `use` have to say to a client's messages.
extension WebSocketConnection {
    func isAllowed(_ message: SocketMessage) -> Bool {
        for index in guards.indices {
            switch guards[index].received(message) {
            case .pass: continue
            case .drop(let reason):
                loop.counters.messagesRefused += 1
                guard !hasToldOfDrops else { return false }
                hasToldOfDrops = true
                loop.logger.warning(
                    "a client's message is dropped; more of this socket are only counted",
                    metadata: ["route": "\(policy.route ?? "-")", "reason": "\(reason)"])
                return false
            case .close(let code, let reason):
                closeNow(code: code, reason: reason)
                return false
            }
        }
        return true
    }

    /// The route is gone or lets others in now.
    func retire(_ policies: Set<ObjectIdentifier>, _ reason: String) -> Bool {
        guard policies.contains(ObjectIdentifier(policy)) else { return false }
        close(code: CloseCode.serviceRestart, reason: reason)
        return true
    }
}
