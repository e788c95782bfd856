import PluginKit

/// `nats.bridge`: what clients send is published to the subject; what the subject carries goes to every client of the
/// topic.
struct BridgeHandler: SocketHandler {
    static let declaration = HandlerDeclaration(
        name: "nats.bridge",
        summary: "Bridges a WebSocket to a subject: publishes what clients send, sends what the subject carries.",
        settings: [
            SettingDeclaration(
                "subject", .string, summary: "The subject; `{name}` stands for a parameter of the path."),
            SettingDeclaration(
                "reserved", .boolean, default: .boolean(false),
                summary: "Whether subjects that servers keep for themselves (`$…`, `_INBOX.…`) may be reached."),
        ],
        make: .socket { try BridgeHandler(settings: $0, context: $1) })

    private let template: SubjectTemplate
    private let allowsReserved: Bool
    private let bus: any Bus

    private init(settings: Settings, context: HandlerContext) throws {
        template = try SubjectTemplate(
            settings.string("subject") ?? "", parameterNames: context.parameterNames,
            restParameter: context.restParameter)
        allowsReserved = settings.boolean("reserved") ?? false
        bus = context.bus
    }

    func admit(_ request: Request) -> Admission {
        let subject = template.subject(request.parameters)
        // A path that is no UTF-8 has been repaired: clients with different bytes must not end up on one subject.
        let repaired = subject.unicodeScalars.contains("\u{FFFD}") ? "the topic is not valid UTF-8" : nil
        if let problem = repaired ?? Subject.publishProblem(subject) {
            return .reject(ErrorEnvelope(status: 400, message: problem, requestID: request.id).response)
        }
        if !allowsReserved, Subject.isReserved(subject) {
            return .reject(
                ErrorEnvelope(status: 403, message: "this subject is reserved", requestID: request.id).response)
        }
        guard bus.isAvailable else {
            var response = ErrorEnvelope(status: 503, message: "the bus is away", requestID: request.id).response
            response.headers.append("Retry-After", "1")
            return .reject(response)
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
        case .accepted: break
        case .congested(let congestion): socket.hold(until: congestion)
        case .tooLarge(let limit): socket.close(code: 1009, reason: "the bus takes at most \(limit) bytes")
        case .refused(let reason): socket.close(code: 1013, reason: reason)
        }
    }
}
