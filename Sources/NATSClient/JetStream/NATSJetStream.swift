/// JetStream over a connection: streams, consumers, stored messages. A value; copy it freely.
///
/// - Needs nats-server 2.9 or newer.
/// - All calls fail at once without a link.
public struct NATSJetStream: Sendable {
    public let connection: NATSConnection
    /// Tokens in front of the subjects of the API.
    public let prefix: String
    /// How long an answer of the server is awaited.
    public var timeout: Duration

    /// - Parameters:
    ///   - domain: the JetStream domain, if not that of the server in use.
    ///   - prefix: of the API, where another account lends it; without it `$JS.API` or that of the domain.
    public init(
        _ connection: NATSConnection, domain: String? = nil, prefix: String? = nil, timeout: Duration = .seconds(5)
    ) {
        self.connection = connection
        self.prefix = prefix ?? domain.map { "$JS.\($0).API" } ?? "$JS.API"
        self.timeout = timeout
    }

    /// Where `subject` is to be published to reach the streams of this API.
    func routed(_ subject: String) -> String { prefix == "$JS.API" ? subject : "\(prefix).\(subject)" }

    /// Asks the API; `completion` is called on the event loop, once.
    @discardableResult
    func call(
        _ endpoint: String, _ body: NATSJSON? = nil,
        completion: @escaping @Sendable (Result<NATSJSON, NATSJetStreamError>) -> Void
    ) -> NATSRequest {
        connection.request(
            subject: "\(prefix).\(endpoint)", payload: Array((body?.encoded ?? "").utf8), timeout: timeout
        ) { completion(Self.decode($0)) }
    }

    func call(_ endpoint: String, _ body: NATSJSON? = nil) async throws(NATSJetStreamError) -> NATSJSON {
        let answer = await ask("\(prefix).\(endpoint)", payload: Array((body?.encoded ?? "").utf8))
        return try Self.decode(answer).get()
    }

    /// A request as a result instead of an error.
    func ask(
        _ subject: String, headers: [(String, String)] = [], payload: [UInt8]
    ) async -> Result<NATSMessage, NATSRequestError> {
        do throws(NATSRequestError) {
            return .success(
                try await connection.request(subject: subject, headers: headers, payload: payload, timeout: timeout))
        } catch {
            return .failure(error)
        }
    }

    static func decode(_ answer: Result<NATSMessage, NATSRequestError>) -> Result<NATSJSON, NATSJetStreamError> {
        switch answer {
        case .failure(let error): return .failure(.request(error))
        case .success(let message):
            guard let json = NATSJSON.parse(message.payload.span), json.object != nil else {
                return .failure(.badResponse("it is not a JSON object"))
            }
            guard let error = json["error"] else { return .success(json) }
            return .failure(
                .api(
                    NATSJetStreamAPIError(
                        code: error["code"]?.integer ?? 0, errorCode: error["err_code"]?.integer ?? 0,
                        text: error["description"]?.string ?? "")))
        }
    }

    /// True for what a stream or consumer may be called: visible ASCII without `.`, `*`, `>`, `/` and `\`.
    public static func isValidName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 255
            && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !".*>/\\".utf8.contains($0) }
    }

    /// Checks a name before it becomes part of a subject.
    func check(_ name: String, _ what: StaticString) throws(NATSJetStreamError) {
        guard Self.isValidName(name) else {
            throw .invalid("'\(name)' is no \(what) name: use letters, digits, '-' and '_'")
        }
    }

    func check(filter: String?) throws(NATSJetStreamError) {
        guard let filter, !NATSSubject.isValid(filter, wildcards: true) else { return }
        throw .invalid("'\(filter)' is no subject to filter by")
    }
}
