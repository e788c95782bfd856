import PluginKit

/// `nats.presence`: who is on a channel.
struct PresenceHandler: HTTPHandler {
    static let declaration = HandlerDeclaration(
        name: "nats.presence", summary: "Answers who is on a channel whose handler has `presence`.",
        settings: SubjectSettings.declarations + [
            SettingDeclaration(
                "prefix", .string, default: .string(Presence.usualPrefix),
                summary: "The `prefix` of the channel's `presence`, where that has one."),
            SettingDeclaration(
                "clients", .boolean, default: .boolean(true), summary: "Whether names are listed, or only counted."),
            SettingDeclaration(
                "limit", .integer(1...100_000), default: .integer(1000), summary: "Names in an answer at most."),
        ],
        make: .http { try PresenceHandler(settings: $0, context: $1) })

    private let subject: SubjectSettings
    private let directory: PresenceDirectory
    private let share = Share()
    private let listsClients: Bool
    private let limit: Int

    private init(settings: Settings, context: HandlerContext) throws {
        subject = try SubjectSettings(settings, context)
        let prefix = settings.string("prefix") ?? Presence.usualPrefix
        if let problem = Presence.problem(ofPrefix: prefix) { throw SettingError("prefix", message: problem) }
        directory = context.shared.object(PresenceDirectories.self) { PresenceDirectories() }
            .directory(prefix, context)
        listsClients = settings.boolean("clients") ?? true
        limit = settings.integer("limit") ?? 1000
    }

    func start() async throws { if share.take() { directory.start() } }
    func stop() async { if share.giveBack() { directory.stop() } }

    func respond(to request: Request) -> Reply {
        do throws(Refusal) {
            if let refusal = Refusal.method(request) { throw refusal }
            let subject = try subject.subject(request)
            guard request.identity?.permissions.allowsSubscribe(subject) ?? true else {
                throw Refusal(403, "you may not subscribe to this subject", request)
            }
            return .now(answer(subject, directory.channel(subject)))
        } catch {
            return .now(error.response)
        }
    }

    private func answer(_ subject: String, _ channel: PresenceChannel) -> Response {
        var json = Payload(text: #"{"channel":"#)
        JSONText.append(subject, to: &json)
        json += #","count":\#(channel.count),"connections":\#(channel.connections)"#.utf8
        if listsClients {
            json += #","clients":["#.utf8
            for (index, client) in channel.named.sorted(by: { $0.key < $1.key }).prefix(limit).enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                json += #"{"name":"#.utf8
                JSONText.append(client.key, to: &json)
                json += #","connections":\#(client.value)}"#.utf8
            }
            json.append(UInt8(ascii: "]"))
        }
        json += "}\n".utf8
        return Response(
            headers: ["Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"],
            body: .bytes(json))
    }
}
