import PluginKit

/// `nats.request`: asks a service on the bus and answers what it answers.
struct RequestHandler: AsyncHTTPHandler {
    static let declaration = HandlerDeclaration(
        name: "nats.request", summary: "Sends the request's body to a subject and answers the reply to it.",
        settings: SubjectSettings.declarations + [
            SettingDeclaration(
                "timeout", .duration, default: .duration(.seconds(5)), summary: "How long the reply may take; then 504."
            ),
            SettingDeclaration(
                "headers", .list, isOptional: true, summary: "Header fields that travel on with the message."),
            SettingDeclaration(
                "reply-headers", .list, isOptional: true,
                summary: "Headers of the reply that become fields of the response, besides `Content-Type`."),
        ],
        make: .http { try RequestHandler(settings: $0, context: $1) })

    private let subject: SubjectSettings
    private let headers: MessageHeaders
    /// In lower case.
    private let replyHeaders: Set<String>
    private let timeout: Duration
    private let bus: any Bus

    private init(settings: Settings, context: HandlerContext) throws {
        subject = try SubjectSettings(settings, context)
        headers = try MessageHeaders(settings)
        let listed = (settings.strings("reply-headers") ?? []).map { $0.lowercased() }
        for (index, name) in listed.enumerated()
        where HeaderFields.isReserved(name) || !HeaderFields.isName(name) {
            throw SettingError("reply-headers", "\(index)", message: "the field '\(name)' cannot come from a reply")
        }
        // It passes in any case.
        replyHeaders = Set(listed).subtracting(["content-type"])
        timeout = settings.duration("timeout") ?? .seconds(5)
        bus = context.bus
    }

    func respond(to request: Request) async throws -> Response {
        do {
            let subject = try subject.subject(request)
            guard request.identity?.permissions.allowsPublish(subject) ?? true else {
                throw Refusal(403, "you may not ask on this subject", request)
            }
            let message = BusMessage(
                subject: subject, payload: request.body, frame: request.frame,
                headers: headers.of(request) + [(name: "X-Request-Id", value: "\(request.id)")])
            return response(try await bus.request(message, timeout: timeout))
        } catch let refusal as Refusal {
            return refusal.response
        } catch let failure as BusFailure {
            return Refusal(failure, request).response
        }
    }

    /// The reply's `Status` header is the status; a service's own error code (NATS's header for it) counts as one.
    private func response(_ reply: BusMessage) -> Response {
        func header(_ name: String) -> String? {
            reply.headers.first { $0.name.lowercased() == name }?.value
        }
        var response = Response(headers: HeaderFields(), body: .bytes(reply.payload))
        let status = (header("status") ?? header("nats-service-error-code")).flatMap { Int($0) }
        if let status, 200...599 ~= status { response.status = status }
        let fallback = reply.frame == .binary ? "application/octet-stream" : "text/plain; charset=utf-8"
        response.headers.append("Content-Type", header("content-type") ?? fallback)
        for (name, value) in reply.headers where replyHeaders.contains(name.lowercased()) {
            response.headers.append(name, value)
        }
        return response
    }
}
