internal import PluginKit

extension TokenGuard {
    static let declaration = HandlerDeclaration(
        name: "auth.jwt", summary: "Lets in who has a JSON Web Token that is signed with one of the keys.",
        settings: [
            SettingDeclaration(
                "secret", .string, isOptional: true, isSecret: true,
                summary: "The secret that issuer and gateway share, of at least 32 bytes: for HS256."),
            SettingDeclaration(
                "keys", .path, isOptional: true,
                summary: "A file with a JWK set: for RS256, ES256, EdDSA, and HS256 with `oct` keys."),
            SettingDeclaration(
                "keys-url", .string, isOptional: true,
                summary: "The URL of a JWK set that a server publishes: for RS256, ES256 and EdDSA."),
            SettingDeclaration(
                "refresh", .duration, default: .duration(.seconds(300)),
                summary: "How often keys of a file or a server are read anew."),
            EndpointSettings.authorities, EndpointSettings.plain,
            SettingDeclaration(
                "from", .list, default: .list([.string("header"), .string("subprotocol")]),
                summary:
                    "Where a token may be: `header`, `subprotocol`, `cookie: NAME`, `query: NAME`; the first counts."),
            SettingDeclaration(
                "optional", .boolean, default: .boolean(false),
                summary: "Let in who has no token as well, without an identity. A bad token is refused all the same."),
            SettingDeclaration("issuer", .string, isOptional: true, summary: "What the claim `iss` must be."),
            SettingDeclaration(
                "audience", .string, isOptional: true, summary: "What the claim `aud` must be, or have among others."),
            SettingDeclaration(
                "leeway", .duration, default: .duration(.seconds(5)),
                summary: "By how much the clocks of issuer and gateway may differ, for `exp` and `nbf`."),
            SettingDeclaration(
                "allow", .map, isOptional: true,
                summary:
                    "Subjects that clients may `publish` to and `subscribe` to: lists of patterns, `{claim}` in them."),
        ],
        make: .middleware { try TokenGuard($0, $1) })

    private convenience init(_ settings: Settings, _ context: HandlerContext) throws {
        let source = try KeySource(settings, context)
        let refresh = settings.duration("refresh") ?? .seconds(300)
        guard refresh >= .seconds(1) else {
            throw SettingError("refresh", message: "keys cannot be read more often than every second")
        }
        let check = TokenCheck(
            algorithms: source.algorithms, issuer: settings.string("issuer"), audience: settings.string("audience"),
            leeway: settings.duration("leeway")?.components.seconds ?? 0,
            rules: try PermissionRules(settings.values["allow"]))
        self.init(
            carriers: try TokenCarrier.list(settings.values["from"]), isOptional: settings.boolean("optional") ?? false,
            store: KeyStore(source, interval: refresh, logger: context.logger), check: check)
    }
}

extension KeySource {
    /// One of `secret`, `keys` and `keys-url`. A file is read, so that `check` finds what is wrong with it.
    fileprivate init(_ settings: Settings, _ context: HandlerContext) throws {
        let given = ["secret", "keys", "keys-url"].filter { settings.string($0) != nil }
        guard let name = given.first, let text = settings.string(name) else {
            throw SettingError(message: "no keys are given", hint: "give it one of secret, keys and keys-url")
        }
        if let other = given.dropFirst().first {
            throw SettingError(
                other, message: "'\(name)' and '\(other)' cannot both be given", hint: "put all keys in one JWK set")
        }
        do throws(Problem) {
            switch name {
            case "secret": self = .secret(try Self.key(secret: text))
            case "keys":
                let path = text.hasPrefix("/") ? text : "\(context.directory)/\(text)"
                let set = try Self.read(file: path)
                if set.keys.isEmpty {
                    throw Problem("it has no key that can be used" + (set.ignored.first.map { " (\($0))" } ?? ""))
                }
                self = .file(path)
            default: self = .server(try EndpointSettings(settings, context).client(text))
            }
        } catch {
            throw SettingError(name, message: "'\(name)' cannot be used: \(error.reason)")
        }
    }

    /// Whoever knows the secret can make tokens: what is public must not be taken for one.
    private static func key(secret: String) throws(Problem) -> KeyMaterial {
        if secret.hasPrefix("-----BEGIN") {
            throw Problem("it is a key in PEM, not a secret; put its JWK into a file and name that as 'keys'")
        }
        return try KeyMaterial(secret: Array(secret.utf8))
    }
}
