import PluginKit

/// `nats.sse`: what a subject carries as Server-Sent Events, until the client leaves.
struct EventsHandler: HTTPHandler {
    static let declaration = HandlerDeclaration(
        name: "nats.sse", summary: "Sends what a subject carries as Server-Sent Events.",
        settings: SubjectSettings.declarations + [
            SubjectSettings.wildcards,
            SettingDeclaration(
                "slow", .choice(["close", "drop-oldest"]), default: .string("close"),
                summary: "What happens to a client that is too slow."),
            SettingDeclaration(
                "heartbeat", .duration, default: .duration(.seconds(15)),
                summary: "A comment is sent when nothing else has been for so long."),
            SettingDeclaration(
                "retry", .duration, isOptional: true,
                summary: "What clients are told to wait before they connect again."),
        ] + FeedSettings.declarations + [Presence.declaration],
        make: .http { try EventsHandler(settings: $0, context: $1) })

    private let subject: SubjectSettings
    private let feeds: FeedSettings
    private let heartbeat: Duration
    private let retry: Duration?
    private let presence: Presence?
    private let bus: any Bus

    private init(settings: Settings, context: HandlerContext) throws {
        subject = try SubjectSettings(settings, context)
        feeds = try FeedSettings(settings, context, subject.template, isEventStream: true)
        heartbeat = settings.duration("heartbeat") ?? .seconds(15)
        if heartbeat < .seconds(1) {
            throw SettingError(
                "heartbeat", message: "a heartbeat comes once a second at most", hint: "write 1s or more")
        }
        retry = settings.duration("retry")
        presence = try Presence(settings, context)
        if presence != nil, subject.allowsWildcards {
            throw SettingError("presence", message: "a client on many subjects is present on none: choose one")
        }
        bus = context.bus
    }

    func start() async throws {
        try await feeds.open()
        presence?.start()
    }

    func stop() async {
        await feeds.close()
        presence?.stop()
    }

    func respond(to request: Request) -> Reply {
        do throws(Refusal) {
            return .now(try stream(request))
        } catch {
            return .now(error.response)
        }
    }

    private func stream(_ request: Request) throws(Refusal) -> Response {
        if let refusal = Refusal.method(request) { throw refusal }
        let subject = try subject.subject(request)
        guard request.identity?.permissions.allowsSubscribe(subject) ?? true else {
            throw Refusal(403, "you may not subscribe to this subject", request)
        }
        let feed = try feeds.feed(subject, request)
        let place = try presence?.place(on: subject, request)
        guard bus.isAvailable else { throw .busIsAway(request) }
        var events = EventFeed([feed], heartbeat: heartbeat, retry: retry, expires: request.identity?.expires)
        if let place {
            events.onBegin = { place.enter() }
            events.onEnd = { place.leave() }
        }
        return Response(body: .events(events))
    }
}
