import PluginKit

/// One client of a bridge: publishes what it sends.
struct BridgeSession: SocketSession {
    unowned let socket: any Socket
    let bus: any Bus
    /// Nil: this client only listens.
    let publish: String?
    /// Of its messages, where it matters whose they are; else 0.
    let origin: UInt64
    /// A guard has let the client in.
    let hasIdentity: Bool
    /// For a client whose rights may change while it is here.
    let renewal: BridgeRenewal?
    let place: PresencePlace?

    func received(_ message: SocketMessage) {
        var subject = publish
        if let renewal {
            if renewal.takes(message) { return }
            subject = renewal.publish
        } else if hasIdentity, RefreshMessage.isOne(message) {
            // A token is for the guard, even where that renews none: it is not for the others.
            return socket.close(code: 3000, reason: "this token cannot be renewed here")
        }
        guard let subject else { return socket.close(code: 1008, reason: "you may not send here") }
        let frame: BusMessage.Frame = message.kind == .text ? .text : .binary
        switch bus.publish(BusMessage(subject: subject, payload: message.payload, frame: frame, origin: origin)) {
        case .accepted: break
        case .congested(let congestion): socket.hold(until: congestion)
        case .tooLarge(let limit): socket.close(code: 1009, reason: "the bus takes at most \(limit) bytes")
        case .refused(let reason): socket.close(code: 1013, reason: reason)
        }
    }

    func closed(code: UInt16) { place?.leave() }
}
