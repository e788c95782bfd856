internal import PluginKit

/// Answers `{"a":…,"b":…}` with `{"apiVersion":"","data":{"res":…}}` and publishes the result as text.
struct AddHandler<Value: Addend>: HTTPHandler {
    private let subject: String
    private let bus: any Bus

    /// Throws `SettingError` if `publish` is no subject to publish to.
    init(_ settings: Settings, _ context: HandlerContext) throws {
        subject = settings.string("publish") ?? "add"
        bus = context.bus
        if let problem = Subject.publishProblem(subject) {
            throw SettingError("publish", message: "'\(subject)' is not a subject to publish to: \(problem)")
        }
    }

    func respond(to request: Request) -> Reply {
        do {
            let result = try Operands<Value>(json: request.body).result()
            let text = result.text
            let message = BusMessage(subject: subject, payload: text, frame: .text)
            switch bus.publish(message) {
            case .accepted, .congested: break
            case .refused: return .now(AddResponse.busAway)
            case .tooLarge(let limit): return .now(AddResponse.tooLarge(limit))
            }
            var json = Payload()
            json.reserveCapacity(48 + text.count)
            json += #"{"apiVersion":"","data":{"res":"#.utf8
            result.appendJSON(to: &json)
            json += "}}\n".utf8
            return .now(Response(headers: AddResponse.headers, body: .bytes(json)))
        } catch {
            return .now(ErrorEnvelope(status: 400, message: error.message).response)
        }
    }
}

/// The parts of answers that are always the same.
private enum AddResponse {
    static let headers: HeaderFields = ["Content-Type": "application/json; charset=utf-8"]

    static func tooLarge(_ limit: Int) -> Response {
        ErrorEnvelope(status: 413, message: "the result is larger than the \(limit) bytes that the bus takes").response
    }

    /// Nothing was published, so the client may safely send the same request again.
    static var busAway: Response {
        var response = ErrorEnvelope(status: 503, message: "the message bus is away; try again in a moment").response
        response.headers.append("Retry-After", "1")
        return response
    }
}
