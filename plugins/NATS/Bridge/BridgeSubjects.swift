import PluginKit

/// What a client of a bridge may do, by the settings' subjects and by who it is.
struct BridgeSubjects {
    static let declarations = [
        SettingDeclaration(
            "subject", .string, isOptional: true,
            summary: "The subject of both directions; `{name}` is a parameter of the path, `{claim.NAME}` a claim."),
        SettingDeclaration(
            "publish", .string, isOptional: true,
            summary: "The subject of what clients send, where it is not `subject`."),
        SettingDeclaration(
            "subscribe", .string, isOptional: true,
            summary: "The subject of what clients hear, where it is not `subject`."),
        SettingDeclaration(
            "direction", .choice(["both", "publish", "subscribe"]), default: .string("both"),
            summary: "What clients may do: send, hear, or both."),
        SubjectSettings.reserved,
        SubjectSettings.wildcards,
    ]

    /// Nil where the direction leaves it out.
    let publish: SubjectTemplate?
    let subscribe: SubjectTemplate?
    let allowsWildcards: Bool
    private let rules: SubjectRules

    init(_ settings: Settings, _ context: HandlerContext) throws {
        rules = SubjectRules(settings)
        allowsWildcards = settings.boolean("wildcards") ?? false
        let direction = settings.string("direction") ?? "both"
        subscribe =
            direction == "publish"
            ? nil : try Self.template("subscribe", settings, wildcards: allowsWildcards, direction, context)
        publish =
            direction == "subscribe"
            ? nil : try Self.template("publish", settings, wildcards: false, direction, context)
        for (name, template) in [("publish", publish), ("subscribe", subscribe)]
        where template == nil && settings.string(name) != nil {
            throw SettingError(name, message: "'\(name)' has no use with direction: \(direction)")
        }
        if allowsWildcards, subscribe == nil {
            throw SettingError("wildcards", message: "'wildcards' has no use with direction: publish")
        }
    }

    /// The text of one side, which may be the one of both.
    private static func template(
        _ side: String, _ settings: Settings, wildcards: Bool, _ direction: String, _ context: HandlerContext
    ) throws -> SubjectTemplate {
        if let text = settings.string(side) {
            return try SubjectTemplate(text, setting: side, wildcards: wildcards, context)
        }
        guard let text = settings.string("subject") else {
            let verb = side == "publish" ? "what clients send" : "what clients hear"
            throw SettingError(
                message: "\(verb) has no subject",
                hint: direction == "both"
                    ? "add subject, or \(side) beside the other, or a direction" : "add subject or \(side)")
        }
        if side == "publish", settings.boolean("wildcards") ?? false,
            let template = try? SubjectTemplate(text, wildcards: true, context), template.hasWildcards
        {
            throw SettingError(
                "subject", message: "'\(text)' can be subscribed to, not published to",
                hint: "add direction: subscribe, or publish with a subject of its own")
        }
        return try SubjectTemplate(text, wildcards: wildcards, context)
    }

    /// The subjects of the channel that a client asks for, whatever it may do there.
    func named(_ parameters: Parameters, _ identity: Identity?) throws(SubjectProblem) -> BridgeRights {
        var named = BridgeRights()
        if let subscribe {
            named.subscribe = try rules.subject(subscribe, parameters, identity, wildcards: allowsWildcards)
        }
        if let publish {
            let subject =
                if let hears = named.subscribe, subscribe?.text == publish.text { hears } else {
                    try rules.subject(publish, parameters, identity, wildcards: allowsWildcards)
                }
            // With a wildcard for a parameter it is a client that only listens.
            if !(allowsWildcards && subject.hasWildcard()) { named.publish = subject }
        }
        return named
    }
}

/// The subjects that a client may publish and subscribe to; nil where it may not.
struct BridgeRights: Equatable {
    var publish: String?
    var subscribe: String?

    /// What an identity's permissions leave of it.
    /// - Throws: 403 where that is nothing.
    func allowed(by permissions: Permissions) throws(SubjectProblem) -> BridgeRights {
        let rights = BridgeRights(
            publish: publish.flatMap { permissions.allowsPublish($0) ? $0 : nil },
            subscribe: subscribe.flatMap { permissions.allowsSubscribe($0) ? $0 : nil })
        if rights == BridgeRights() { throw SubjectProblem(403, "you may not use this subject") }
        return rights
    }
}
