import PluginKit

/// `nats.bridge`: what clients send is published to the subject; what the subject carries goes to every client of the
/// topic.
struct BridgeHandler: SocketHandler {
    static let declaration = HandlerDeclaration(
        name: "nats.bridge",
        summary: "Bridges a WebSocket to a subject: publishes what clients send, sends what the subject carries.",
        settings: SubjectSettings.declarations,
        make: .socket { try BridgeHandler(settings: $0, context: $1) })

    private let subject: SubjectSettings
    private let bus: any Bus

    private init(settings: Settings, context: HandlerContext) throws {
        subject = try SubjectSettings(settings, context)
        bus = context.bus
    }

    func admit(_ request: Request) -> Admission {
        let subject: String
        switch self.subject.subject(request) {
        case .success(let name): subject = name
        case .failure(let refusal): return .reject(refusal.response)
        }
        let permissions = request.identity?.permissions ?? .all
        guard permissions.allowsPublish(subject), permissions.allowsSubscribe(subject) else {
            return .reject(Refusal(403, "you may not use this subject", request).response)
        }
        guard bus.isAvailable else {
            return .reject(Refusal(503, "the bus is away", request, retry: 1).response)
        }
        return .accept { [bus] socket in
            socket.join(subject)
            return BridgeSession(socket: socket, subject: subject, bus: bus)
        }
    }
}

private struct BridgeSession: SocketSession {
    unowned let socket: any Socket
    let subject: String
    let bus: any Bus

    func received(_ message: SocketMessage) {
        let frame: BusMessage.Frame = message.kind == .text ? .text : .binary
        switch bus.publish(BusMessage(subject: subject, payload: message.payload, frame: frame)) {
        case .accepted, .congested: break
        case .tooLarge(let limit): socket.close(code: 1009, reason: "the bus takes at most \(limit) bytes")
        case .refused(let reason): socket.close(code: 1013, reason: reason)
        }
    }
}
