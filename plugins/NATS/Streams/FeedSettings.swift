import PluginKit

/// How clients hear what a subject carries: settings that `nats.bridge` and `nats.sse` have in common.
struct FeedSettings {
    static let declarations = [
        SettingDeclaration(
            "format", .choice(["raw", "envelope"]), default: .string("raw"),
            summary: "The payload alone, or a JSON object with subject, place and time for each message and notice."),
        SettingDeclaration(
            "max-lag", .duration, isOptional: true,
            summary: "How old a message may get that waits for a client, before `slow` holds."),
        HistorySettings.declaration,
        SettingDeclaration(
            "last", .integer(1...100_000), isOptional: true,
            summary: "New clients begin with the last so many kept messages."),
        SettingDeclaration(
            "last-value", .boolean, default: .boolean(false),
            summary: "New clients begin with the last kept message of each subject."),
    ]

    private let format: Feed.Format
    private let slow: Feed.SlowPolicy
    private let maxLag: Duration?
    private let history: KeptHistory?
    private let start: HistoryStart?
    /// Whether clients learn the places of messages, and can go on behind one.
    private let canResume: Bool

    /// - Parameter isEventStream: messages have their places, and notices are sent, in either format.
    init(
        _ settings: Settings, _ context: HandlerContext, _ template: SubjectTemplate, isEventStream: Bool = false
    ) throws {
        format = settings.string("format") == "envelope" ? .envelope : .raw
        canResume = isEventStream || format == .envelope
        slow = Self.policy(settings.string("slow"))
        if slow == .dropOldest, !canResume {
            throw SettingError(
                "slow", message: "a client that loses messages must be told, and this format has no way to",
                hint: "add format: envelope")
        }
        maxLag = settings.duration("max-lag")
        if let maxLag, maxLag <= .zero {
            throw SettingError("max-lag", message: "every message would be too old", hint: "leave it out for no bound")
        }
        let configuration = try HistorySettings.configuration(settings, template)
        history = configuration.map { KeptHistory($0, context) }
        if slow == .blockPublisher, history != nil {
            throw SettingError(
                "slow", message: "publishers of a stream do not wait for those who read it",
                hint: "choose close or drop-oldest, or leave 'history' out")
        }
        start = try Self.start(settings, hasHistory: history != nil)
    }

    /// - Returns: with history, where new clients begin; else an error if that is set.
    static func start(_ settings: Settings, hasHistory: Bool) throws -> HistoryStart? {
        let last = settings.integer("last")
        let wantsValues = settings.boolean("last-value") ?? false
        if last == nil, !wantsValues { return nil }
        let name = last == nil ? "last-value" : "last"
        if !hasHistory {
            throw SettingError(name, message: "without 'history' nothing is kept that '\(name)' could send")
        }
        if last != nil, wantsValues {
            throw SettingError("last-value", message: "'last' and 'last-value' are two ways to begin; choose one")
        }
        return last.map { .last($0) } ?? .lastPerSubject
    }

    private static func policy(_ word: String?) -> Feed.SlowPolicy {
        switch word {
        case "drop-oldest": .dropOldest
        case "block-publisher": .blockPublisher
        default: .close
        }
    }

    func open() async throws { try await history?.start() }
    func close() async { await history?.stop() }

    /// What a client gets that came with this request.
    func feed(_ subject: String, _ request: Request, skipsOwn: Bool = false) throws(Refusal) -> Feed {
        let token = try Resume.token(request, hasHistory: history != nil)
        if token != nil, !canResume {
            throw Refusal(400, "messages have no ids here: 'since' needs a channel with format: envelope", request)
        }
        var feed = Feed(subject, format: format, skipsOwn: skipsOwn, slowPolicy: slow, maxLag: maxLag)
        if let history {
            feed.history = try history.history(of: subject, request)
            // Without a beginning of its own a client still learns the place from which it can go on later.
            feed.start = token.map { .after($0) } ?? start ?? (canResume ? .last(0) : nil)
        }
        return feed
    }
}
