internal import Diagnostics
internal import YAMLDocument

/// `bus`: where it is, how the way there is kept secret, and who the gateway is there.
extension NodeReader {
    func bus(_ node: YAMLNode?) -> BusConfiguration {
        var bus = BusConfiguration()
        let fields = node.flatMap { self.fields($0, ConfigurationSchema.bus, of: "bus") }
        if let value = fields?["required"], let isRequired = boolean(value, "required") { bus.isRequired = isRequired }
        if let url = fields?["url"] {
            bus.urls = oneOrMore(url).flatMap(busURLs)
            bus.mark = url.mark
        } else {
            bus.urls = environmentURLs() ?? bus.urls
        }
        checkCluster(bus, at: bus.mark)
        if bus.servers.contains(where: \.usesTLS) { bus.tls = BusTLS() }
        guard let fields else { return bus }
        if let value = fields["tls"] { bus.tls = busTLS(value) }
        bus.login = busLogin(fields, bus)
        if bus.urls == [.embedded] {
            for key in ["tls"] + Self.loginKeys where fields[key] != nil {
                context.warn(
                    .badValue, at: fields.keyMark(key), "'\(key)' means nothing to the embedded bus",
                    hint: "name a NATS server in 'url', or remove this key")
            }
        }
        return bus
    }

    /// Nil if the environment names none, or none that can be used.
    private func environmentURLs() -> [BusURL]? {
        for name in ["QS_NATS_URL", "NATS_URL"] {
            guard let text = context.environment[name], !text.isEmpty else { continue }
            context.keepSecrets(BusURL.secrets(in: text))
            do throws(BusURL.Problem) {
                return try BusURL.parse(list: text)
            } catch {
                context.error(
                    .badValue, at: nil, "in the environment variable \(name): \(error.message)", hint: error.hint)
                return nil
            }
        }
        return nil
    }

    private func busURLs(_ node: YAMLNode) -> [BusURL] {
        guard let text = text(node, "url") else { return [] }
        context.keepSecrets(BusURL.secrets(in: text), at: node.mark)
        do throws(BusURL.Problem) {
            return try BusURL.parse(list: text)
        } catch {
            context.error(.badValue, at: node.mark, error.message, hint: error.hint)
            return []
        }
    }

    private func checkCluster(_ bus: BusConfiguration, at mark: SourceMark?) {
        if Set(bus.servers.map(\.usesTLS)).count > 1 {
            // The same password goes to all of them.
            context.error(
                .badValue, at: mark, "some of the bus's servers are to be encrypted and some are not",
                hint: "write tls:// before all of them")
        }
        guard bus.urls.count > 1, bus.urls.contains(.embedded) else { return }
        context.error(
            .badValue, at: mark, "'embedded:' cannot be one of several buses",
            hint: "name NATS servers only, or embedded: alone")
    }

    // MARK: - Encryption

    private func busTLS(_ node: YAMLNode) -> BusTLS {
        var tls = BusTLS()
        guard let fields = fields(node, ConfigurationSchema.busTLS, of: "tls") else { return tls }
        tls.authority = fields["ca"].flatMap { file($0, "ca") }
        tls.certificate = fields["certificate"].flatMap { file($0, "certificate") }
        tls.key = fields["key"].flatMap { file($0, "key") }
        if let value = fields["first"], let isFirst = boolean(value, "first") { tls.isFirst = isFirst }
        tls.hostname = fields["hostname"].flatMap(hostname)
        if (fields["certificate"] == nil) != (fields["key"] == nil) {
            context.error(
                .missingKey, at: fields.mark, "'certificate' and 'key' go together",
                hint: "give the PEM files of both, or of none")
        }
        return tls
    }

    private func hostname(_ node: YAMLNode) -> String? {
        guard let text = text(node, "hostname") else { return nil }
        let isNumber = text.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
        if !isNumber, !text.hasPrefix("*"), let name = DomainText.normal(text) { return name }
        context.error(
            .badValue, at: node.mark, "'hostname' must be the name in the server's certificate",
            hint: "write a bare name such as nats.example.com")
        return nil
    }

    /// The path of a file that is there and can be read.
    private func file(_ node: YAMLNode, _ what: String) -> String? {
        text(node, what).flatMap { readable($0, at: node.mark, what) }
    }

    private func readable(_ text: String, at mark: SourceMark, _ what: String) -> String? {
        let path = PathText.resolved(text, in: directory)
        do throws(FileProblem) {
            _ = try SourceText.read(path, limit: 0)
            return path
        } catch {
            context.error(
                .fileUnreadable, at: mark, "the file of '\(what)' cannot be read: \(error.message)",
                hint: "paths are relative to the configuration file")
            return nil
        }
    }

    // MARK: - Login

    private static let loginKeys = ["credentials", "nkey", "user", "password", "token"]

    private func busLogin(_ fields: Fields, _ bus: BusConfiguration) -> BusLogin? {
        // Kept from view before anything is said about them.
        let password = fields["password"].flatMap { secret($0, "password") }
        let token = fields["token"].flatMap { secret($0, "token") }
        let seed = fields["nkey"].flatMap(nkey)
        let ways = ["credentials", "nkey", "user", "token"].filter { fields[$0] != nil }
        if let second = ways.dropFirst().first {
            context.error(
                .badValue, at: fields.keyMark(second), "'\(ways[0])' and '\(second)' are two ways to log in",
                hint: "keep one of them")
        } else if let way = ways.first, bus.servers.contains(where: \.hasLogin) {
            context.error(
                .badValue, at: fields.keyMark(way), "'\(way)' and the URL are two ways to log in",
                hint: "keep one of them")
        }
        if fields["password"] != nil, fields["user"] == nil {
            context.error(
                .missingKey, at: fields.keyMark("password"), "there is a password and no 'user'",
                hint: "name the user, or write a token as 'token'")
        }
        if let value = fields["credentials"] { return file(value, "credentials").map(BusLogin.credentials) }
        if let value = fields["user"] {
            return text(value, "user").map { .user($0, password: password ?? "") }
        }
        return seed ?? token.map(BusLogin.token)
    }

    private func secret(_ node: YAMLNode, _ what: String) -> String? {
        context.keepSecrets(of: node)
        guard let scalar = scalar(node, what) else { return nil }
        context.keepSecrets([scalar.text], at: node.mark)
        // Not by `text(_:_:)`, whose complaints quote it.
        if let text = scalar.string, !text.isEmpty { return text }
        context.error(.badValue, at: node.mark, "'\(what)' must be text", hint: "put it in quotes")
        return nil
    }

    /// A seed, or the file of one: what is nothing but a seed's letters is one.
    private func nkey(_ node: YAMLNode) -> BusLogin? {
        guard let text = text(node, "nkey") else { return nil }
        let isSeed =
            text.utf8.count > 40
            && text.utf8.allSatisfy { byte in
                (0x41...0x5a).contains(byte & 0xdf) || (0x32...0x37).contains(byte)
            }
        guard isSeed else { return readable(text, at: node.mark, "nkey").map(BusLogin.nkeyFile) }
        context.keepSecrets([text], at: node.mark)
        if text.hasPrefix("SU"), text.utf8.count == 58 { return .nkey(seed: text) }
        context.error(
            .badValue, at: node.mark, "'nkey' is not the seed of a user's key",
            hint: "it begins with SU and has 58 letters and digits; or name a file that holds it")
        return nil
    }
}
