internal import Logging
internal import PluginKit
internal import Synchronization

/// `auth.ask`: lets in whom somebody else lets in, who is asked over HTTP or on the bus.
final class AskGuard: Middleware {
    enum Authority: Sendable {
        case server(HTTPClient)
        case bus(any Bus, subject: String)
    }

    /// Clients turned away since the log was last told of it.
    private struct Trouble {
        var times = 0
        var told: ContinuousClock.Instant?
    }

    private static let silence = Duration.seconds(10)
    /// Questions under way at once; whoever comes then is told to try again.
    private static let limit = 1024
    /// Of an answer's body.
    private static let sizeLimit = 64 << 10

    private let authority: Authority
    private let headers: [String]
    private let timeout: Duration
    private let cache: GrantCache?
    private let logger: Logger
    private let underWay = Atomic(0)
    private let trouble = Mutex(Trouble())

    init(_ authority: Authority, headers: [String], timeout: Duration, cache: GrantCache?, logger: Logger) {
        self.authority = authority
        self.headers = headers
        self.timeout = timeout
        self.cache = cache
        self.logger = logger
    }

    func before(_ request: inout Request) -> Passage {
        let question = Question(request, headers: headers)
        let digest = cache == nil ? [] : question.digest
        if let grant = cache?.grant(digest), grant?.isOver != true {
            request = admitted(request, grant)
            return .next
        }
        guard underWay.add(1, ordering: .relaxed).newValue <= Self.limit else {
            underWay.subtract(1, ordering: .relaxed)
            tell(Problem("\(Self.limit) questions are under way"))
            return .answer(unavailable(request))
        }
        let pending = PendingPassage()
        let task = Task { [request] in
            let verdict = await ask(question)
            underWay.subtract(1, ordering: .relaxed)
            // The client has left: what came of it says nothing about who was asked.
            if Task.isCancelled { return }
            switch verdict {
            case .admitted(let grant): cache?.keep(grant, digest)
            case .refused: break
            case .unclear(let problem): tell(problem)
            }
            pending.complete(passage(verdict, request))
        }
        pending.onCancel { task.cancel() }
        return .pending(pending)
    }

    private func ask(_ question: Question) async -> Verdict {
        switch authority {
        case .server(let client):
            do throws(Problem) {
                return Verdict(try await client.get(question.fields, timeout: timeout, sizeLimit: Self.sizeLimit))
            } catch {
                return .unclear(error)
            }
        case .bus(let bus, let subject):
            do throws(BusFailure) {
                return Verdict(try await bus.request(question.message(subject), timeout: timeout))
            } catch {
                return .unclear(Problem("\(error)"))
            }
        }
    }

    private func passage(_ verdict: Verdict, _ request: Request) -> LatePassage {
        switch verdict {
        case .admitted(let grant) where grant?.isOver == true: return passage(.refused(status: 401, challenge: nil), request)
        case .admitted(let grant): return .next(admitted(request, grant))
        case .refused(let status, let challenge):
            let message = status == 401 ? "this needs credentials that hold" : "you may not do this"
            var response = ErrorEnvelope(status: status, message: message, requestID: request.id).response
            if let challenge { response.headers.append("WWW-Authenticate", challenge) }
            return .answer(response)
        case .unclear: return .answer(unavailable(request))
        }
    }

    private func admitted(_ request: Request, _ grant: Grant?) -> Request {
        guard let grant else { return request }
        var request = request
        request.identity = Self.identity(grant, request.identity)
        return request
    }

    /// A newer token, where a guard before this one renews them, changes nothing of what was said here.
    private static func identity(_ grant: Grant, _ earlier: Identity?) -> Identity {
        guard let renew = earlier?.renew else { return grant.added(to: earlier).identity() }
        return grant.added(to: earlier).identity { token, answer in
            renew(token) { answer($0.map { identity(grant, $0) }) }
        }
    }

    private func unavailable(_ request: Request) -> Response {
        let message = "whether you may do this cannot be found out now; try again in a moment"
        var response = ErrorEnvelope(status: 503, message: message, requestID: request.id).response
        response.headers.append("Retry-After", "1")
        return response
    }

    /// Not each time: the access log has each request.
    private func tell(_ problem: Problem) {
        let times = trouble.withLock { trouble -> Int? in
            trouble.times += 1
            if let told = trouble.told, .now - told < Self.silence { return nil }
            trouble.told = .now
            defer { trouble.times = 0 }
            return trouble.times
        }
        guard let times else { return }
        logger.warning(
            "clients are turned away: there is no clear answer to whether they may come in",
            metadata: ["reason": "\(problem.reason)", "times": "\(times)"])
    }
}
