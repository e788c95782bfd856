import PluginKit

/// The subject of a request, as the settings of several handlers give it.
struct SubjectSettings {
    static let declarations = [
        SettingDeclaration("subject", .string, summary: "The subject; `{name}` stands for a parameter of the path."),
        SettingDeclaration(
            "reserved", .boolean, default: .boolean(false),
            summary: "Whether subjects that servers keep for themselves (`$…`, `_INBOX.…`) may be reached."),
    ]

    private let template: SubjectTemplate
    private let allowsReserved: Bool

    init(_ settings: Settings, _ context: HandlerContext) throws {
        template = try SubjectTemplate(
            settings.string("subject") ?? "", parameterNames: context.parameterNames,
            restParameter: context.restParameter)
        allowsReserved = settings.boolean("reserved") ?? false
    }

    /// The subject that a request names, or the answer that says why it names none.
    func subject(_ request: Request) -> Result<String, Refusal> {
        let subject = template.subject(request.parameters)
        // A path that is no UTF-8 has been repaired: clients with different bytes must not end up on one subject.
        let repaired = subject.unicodeScalars.contains("\u{FFFD}") ? "the topic is not valid UTF-8" : nil
        if let problem = repaired ?? Subject.publishProblem(subject) {
            return .failure(Refusal(400, problem, request))
        }
        if !allowsReserved, Subject.isReserved(subject) {
            return .failure(Refusal(403, "this subject is reserved", request))
        }
        return .success(subject)
    }
}

/// An error that has its answer with it.
struct Refusal: Error {
    let response: Response

    /// - Parameter retry: seconds after which the client may try again.
    init(_ status: Int, _ message: String, _ request: Request, retry: Int? = nil) {
        var response = ErrorEnvelope(status: status, message: message, requestID: request.id).response
        if let retry { response.headers.append("Retry-After", "\(retry)") }
        self.response = response
    }

    init(_ failure: BusFailure, _ request: Request) {
        switch failure {
        case .noResponders: self.init(503, "nobody answers on this subject", request, retry: 1)
        case .timeout: self.init(504, "no answer in time", request)
        case .refused: self.init(503, "the bus does not take this now; try again in a moment", request, retry: 1)
        case .tooLarge(let limit): self.init(413, "the bus takes at most \(limit) bytes", request)
        }
    }
}
