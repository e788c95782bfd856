import PluginKit

/// `nats.bridge`: what clients send is published to the subject; what the subject carries goes to every client of the
/// topic.
struct BridgeHandler: SocketHandler {
    static let declaration = HandlerDeclaration(
        name: "nats.bridge",
        summary: "Bridges a WebSocket to a subject: publishes what clients send, sends what the subject carries.",
        settings: BridgeSubjects.declarations + [
            SettingDeclaration(
                "echo", .boolean, default: .boolean(true), summary: "Whether clients hear what they sent themselves."),
            SettingDeclaration(
                "slow", .choice(["close", "drop-oldest", "block-publisher"]), default: .string("close"),
                summary: "What happens to a client that is too slow."),
            Subprotocols.declaration,
        ] + FeedSettings.declarations + [Presence.declaration],
        make: .socket { try BridgeHandler(settings: $0, context: $1) })

    private let subjects: BridgeSubjects
    private let feeds: FeedSettings?
    private let echoes: Bool
    /// Whether it matters whose a message is: nobody hears himself, or nobody waits for himself.
    private let namesOrigin: Bool
    private let subprotocols: Subprotocols
    private let presence: Presence?
    private let bus: any Bus

    private init(settings: Settings, context: HandlerContext) throws {
        subjects = try BridgeSubjects(settings, context)
        if let template = subjects.subscribe {
            feeds = try FeedSettings(settings, context, template)
        } else {
            feeds = nil
            for name in ["history", "last", "max-lag"] where settings.values[name] != nil {
                throw SettingError(name, message: "'\(name)' has no use with direction: publish")
            }
            _ = try FeedSettings.start(settings, hasHistory: false)
        }
        echoes = settings.boolean("echo") ?? true
        namesOrigin = !echoes || settings.string("slow") == "block-publisher"
        subprotocols = try Subprotocols(settings)
        presence = try Presence(settings, context)
        if presence != nil, subjects.allowsWildcards {
            throw SettingError("presence", message: "a client on many subjects is present on none: choose one")
        }
        bus = context.bus
    }

    func start() async throws {
        try await feeds?.open()
        presence?.start()
    }

    func stop() async {
        await feeds?.close()
        presence?.stop()
    }

    func admit(_ request: Request) -> Admission {
        do throws(Refusal) {
            return try admitted(request)
        } catch {
            return .reject(error.response)
        }
    }

    private func admitted(_ request: Request) throws(Refusal) -> Admission {
        let named: BridgeRights, rights: BridgeRights
        do throws(SubjectProblem) {
            named = try self.named(request.parameters, request.identity)
            rights = try named.allowed(by: request.identity?.permissions ?? .all)
        } catch {
            throw Refusal(error, request)
        }
        let feed = try rights.subscribe.map { subject throws(Refusal) in try self.feed(subject, request) } ?? nil
        let place = try presence?.place(on: named.subscribe ?? named.publish ?? "", request)
        guard bus.isAvailable else { throw .busIsAway(request) }
        return .accept(subprotocol: subprotocols.choice(request)) { socket in
            if let feed { socket.join(feed) }
            place?.enter()
            return BridgeSession(
                socket: socket, bus: bus, publish: rights.publish, origin: namesOrigin ? socket.id : 0,
                hasIdentity: request.identity != nil,
                renewal: BridgeRenewal(self, request, named: named, rights: rights, socket), place: place)
        }
    }

    /// The subjects of the channel that a client asks for.
    func named(_ parameters: Parameters, _ identity: Identity?) throws(SubjectProblem) -> BridgeRights {
        try subjects.named(parameters, identity)
    }

    /// What a client hears that came with this request.
    func feed(_ subject: String, _ request: Request) throws(Refusal) -> Feed? {
        try feeds?.feed(subject, request, skipsOwn: !echoes)
    }
}
