import PluginKit

/// `presence:`: whether, and by which name, clients of a handler show up on their channel.
struct Presence {
    static let declaration = SettingDeclaration(
        "presence", .booleanOrMap, default: .boolean(false),
        summary: "Whether clients show up on their channel; a mapping has their `name`, and the `prefix` of the events."
    )

    /// The prefix of the subjects on which comings and goings are announced.
    static let usualPrefix = "presence"
    /// In bytes.
    private static let longestName = 256

    private let name: ParameterTemplate?
    private let directory: PresenceDirectory
    private let share = Share()

    /// Nil without the setting.
    init?(_ settings: Settings, _ context: HandlerContext) throws {
        var map: [String: SettingValue] = [:]
        switch settings.values["presence"] {
        case .map(let values)?: map = values
        case .boolean(true)?: break
        default: return nil
        }
        let nested = try NestedSettings("presence", map, keys: ["name", "prefix"])
        name = try nested.string("name").map { try ParameterTemplate($0, setting: ["presence", "name"], context) }
        let prefix = try nested.string("prefix") ?? Self.usualPrefix
        if let problem = Self.problem(ofPrefix: prefix) { throw nested.problem("prefix", message: problem) }
        directory = context.shared.object(PresenceDirectories.self) { PresenceDirectories() }
            .directory(prefix, context)
    }

    /// Why `prefix` cannot begin a subject.
    static func problem(ofPrefix prefix: String) -> String? {
        if let problem = Subject.publishProblem(prefix) { return "'\(prefix)' cannot begin a subject: \(problem)" }
        return Subject.isReserved(prefix) ? "subjects that begin with '\(prefix)' are reserved" : nil
    }

    func start() { if share.take() { directory.start() } }
    func stop() { if share.giveBack() { directory.stop() } }

    /// Where a client will be that came with this request.
    func place(on channel: String, _ request: Request) throws(Refusal) -> PresencePlace {
        let name = name?.text(request.parameters, request.identity)
        if let name, name.utf8.count > Self.longestName {
            throw Refusal(400, "a name has at most \(Self.longestName) bytes", request)
        }
        return PresencePlace(directory: directory, key: PresenceKey(channel: channel, name: name))
    }
}

/// One connection's place on a channel: entered once, left once. Any thread.
struct PresencePlace: Sendable {
    let directory: PresenceDirectory
    let key: PresenceKey

    func enter() { directory.enter(key) }
    func leave() { directory.leave(key) }
}

extension ParameterTemplate {
    /// As it is; nil where a claim is missing or nothing is left.
    fileprivate func text(_ parameters: Parameters, _ identity: Identity?) -> String? {
        var text = ""
        for part in parts {
            switch part {
            case .literal(let literal): text += literal
            case .parameter(let name), .restParameter(let name): text += parameters[name] ?? ""
            case .claim(let name):
                guard let value = identity?.claim(name) else { return nil }
                text += value
            }
        }
        return text.isEmpty ? nil : text
    }
}
