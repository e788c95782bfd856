import PluginKit

/// An error that has its answer with it.
struct Refusal: Error {
    let response: Response

    /// - Parameter retry: seconds after which the client may try again.
    init(_ status: Int, _ message: String, _ request: Request, retry: Int? = nil) {
        var response = ErrorEnvelope(status: status, message: message, requestID: request.id).response
        if let retry { response.headers.append("Retry-After", "\(retry)") }
        // RFC 9110 §15.5.2 wants a 401 to say how.
        if status == 401 { response.headers.append("WWW-Authenticate", "Bearer") }
        self.response = response
    }

    init(_ problem: SubjectProblem, _ request: Request) { self.init(problem.status, problem.message, request) }

    init(_ failure: BusFailure, _ request: Request) {
        switch failure {
        case .noResponders: self.init(503, "nobody answers on this subject", request, retry: 1)
        case .timeout: self.init(504, "no answer in time", request)
        case .refused: self.init(503, "the bus does not take this now; try again in a moment", request, retry: 1)
        case .tooLarge(let limit): self.init(413, "the bus takes at most \(limit) bytes", request)
        }
    }

    /// RFC 9110 §15.5.6: with the methods that there are.
    static func method(_ request: Request) -> Refusal? {
        if request.method == .get || request.method == .head { return nil }
        var response = ErrorEnvelope(status: 405, message: "method not allowed", requestID: request.id).response
        response.headers.append("Allow", "GET, HEAD")
        return Refusal(response)
    }

    static func busIsAway(_ request: Request) -> Refusal { Refusal(503, "the bus is away", request, retry: 1) }

    private init(_ response: Response) { self.response = response }
}
