import PluginKit

/// `nats.poll`: what came behind a message, at once or as soon as there is something.
struct PollHandler: AsyncHTTPHandler {
    static let declaration = HandlerDeclaration(
        name: "nats.poll", summary: "Answers what a subject has carried since the client asked last.",
        settings: SubjectSettings.declarations + [
            SubjectSettings.wildcards, HistorySettings.declaration,
            SettingDeclaration(
                "last", .integer(1...100_000), isOptional: true,
                summary: "Clients without `since` begin with the last so many kept messages."),
            SettingDeclaration(
                "wait", .duration, default: .duration(.seconds(25)),
                summary: "How long an answer may wait for a message; keep it below `timeouts.request`."),
            SettingDeclaration(
                "messages", .integer(1...10_000), default: .integer(100), summary: "Messages in an answer at most."),
            SettingDeclaration(
                "bytes", .size, default: .integer(1 << 20),
                summary: "Size of an answer, which is passed only by a single message that is larger."),
        ],
        make: .http { try PollHandler(settings: $0, context: $1) })

    private let subject: SubjectSettings
    private let history: KeptHistory
    private let start: HistoryStart?
    private let longestWait: Duration
    private let limits: PollAnswer.Limits
    private let watches: PollWatches
    private let bus: any Bus

    private init(settings: Settings, context: HandlerContext) throws {
        subject = try SubjectSettings(settings, context)
        guard let configuration = try HistorySettings.configuration(settings, subject.template) else {
            throw SettingError(
                message: "between two requests messages must be kept", hint: "add history: {}, or say what to keep")
        }
        history = KeptHistory(configuration, context)
        start = settings.integer("last").map { .last($0) }
        longestWait = settings.duration("wait") ?? .seconds(25)
        limits = PollAnswer.Limits(
            messages: settings.integer("messages") ?? 100, bytes: settings.integer("bytes") ?? 1 << 20)
        watches = PollWatches()
        bus = context.bus
    }

    func start() async throws { try await history.start() }

    /// Who waits is answered, and comes again elsewhere.
    func drain() async { watches.end() }

    func stop() async {
        watches.end()
        await history.stop()
    }

    func respond(to request: Request) async throws -> Response {
        do {
            return try await answer(request)
        } catch let refusal as Refusal {
            return refusal.response
        } catch let failure as BusFailure {
            return Refusal(failure, request).response
        }
    }

    private func answer(_ request: Request) async throws -> Response {
        if let refusal = Refusal.method(request) { throw refusal }
        let subject = try subject.subject(request)
        guard request.identity?.permissions.allowsSubscribe(subject) ?? true else {
            throw Refusal(403, "you may not subscribe to this subject", request)
        }
        let wait = try wait(request)
        let token = try Resume.token(request, hasHistory: true)
        let opened = try history.history(of: subject, request)
        guard bus.isAvailable else { throw Refusal.busIsAway(request) }
        var place: HistoryToken?
        if let start = token.map({ HistoryStart.after($0) }) ?? start {
            let answer = try await read(opened, subject, from: start)
            if !answer.isEmpty { return answer.response }
            place = answer.next
        }
        guard let response = try await answer(behind: place, subject, opened, until: .now + wait) else {
            throw Refusal(503, "the history does not answer", request, retry: 1)
        }
        return response
    }

    /// Waits for something behind `place`, or from now on. Nil if not even that place became known.
    private func answer(
        behind start: HistoryToken?, _ subject: String, _ history: any History, until deadline: ContinuousClock.Instant
    ) async throws -> Response? {
        var place = start
        while true {
            // To say where now is takes a moment, even for those who do not want to wait.
            let until = place == nil ? max(deadline, .now + .seconds(5)) : deadline
            switch await watches.wait(on: subject, in: history, behind: place, until: until) {
            case .nothing: return place.map { PollAnswer(next: $0).response }
            case .started(let here): place = here
            case .changed(let reached):
                let answer = try await read(history, subject, from: .after(place ?? reached))
                if !answer.isEmpty { return answer.response }
                // What was there when the reading began has been read.
                place = reached.isBehind(answer.next) ? reached : answer.next
            }
        }
    }

    private func read(_ history: any History, _ subject: String, from start: HistoryStart) async throws -> PollAnswer {
        let reader = try await history.reader(subject, from: start)
        defer { reader.close() }
        var batch = try await reader.next(limits.messages)
        let hasGap = batch.hasGap
        while batch.messages.isEmpty, !batch.isAtEnd { batch = try await reader.next(limits.messages) }
        batch.hasGap = hasGap
        return PollAnswer(batch, limits)
    }

    /// How long the client waits: seconds, or a duration; never longer than the setting.
    private func wait(_ request: Request) throws(Refusal) -> Duration {
        guard let text = request.queryValue("wait") else { return longestWait }
        guard let wait = QuantityText.duration(text) ?? QuantityText.duration(text + "s") else {
            throw Refusal(400, "'wait' must be seconds, or a duration as 500ms", request)
        }
        return min(wait, longestWait)
    }
}

extension HistoryToken {
    /// Whether it is a later place than `other`, or one of another life of the stream.
    func isBehind(_ other: HistoryToken) -> Bool {
        if let epoch, let before = other.epoch, epoch != before { return true }
        return sequence > other.sequence
    }
}
