internal import Diagnostics
internal import Routing
internal import YAMLDocument

/// The parts of the top level that are neither services nor rules.
extension NodeReader {
    func listeners(_ node: YAMLNode?) -> [Listener] {
        guard let node else { return [.standard] }
        let listeners = oneOrMore(node).compactMap(listener)
        if listeners.isEmpty, !context.hasErrors {
            context.error(.badValue, at: node.mark, "'listen' has no address", hint: "add one, or remove the key")
        }
        for (index, listener) in listeners.enumerated() where listener.port != 0 {
            let first = listeners[..<index].first { $0.host == listener.host && $0.port == listener.port }
            guard let first, let mark = listener.mark, let firstMark = first.mark else { continue }
            context.error(
                .addressInUse, at: mark, "the address \(listener.address) is listed twice",
                hint: "remove one of the two",
                notes: [.init(mark: firstMark, message: "first listed here")])
        }
        return listeners
    }

    private func listener(_ node: YAMLNode) -> Listener? {
        guard case .mapping = node.content else { return address(node, "listen") }
        guard let fields = fields(node, ConfigurationSchema.listener, of: "listen") else { return nil }
        guard let value = fields["address"] else {
            context.error(
                .missingKey, at: node.mark, "this listener has no 'address'", hint: "add address: 127.0.0.1:8080")
            return nil
        }
        return address(value, "address")
    }

    private func address(_ node: YAMLNode, _ what: String) -> Listener? {
        guard let scalar = scalar(node, what) else { return nil }
        if scalar.text.hasPrefix("unix:") {
            context.error(
                .notYetSupported, at: node.mark, "Unix sockets are reserved for a later release",
                hint: "listen on HOST:PORT")
            return nil
        }
        guard let address = AddressText(scalar.text), let port = address.port else {
            context.error(
                .badValue, at: node.mark, "'\(what)' must be HOST:PORT, not \(scalar.kindName)",
                hint: "for example 127.0.0.1:8080, or :8080 for all interfaces")
            return nil
        }
        return Listener(host: address.host ?? "0.0.0.0", port: port, mark: node.mark)
    }

    // MARK: - Application

    /// Everything but the services' names.
    func application(_ node: YAMLNode?) -> (identity: AppIdentity, versions: [YAMLEntry]) {
        var identity = AppIdentity()
        guard let node, let fields = fields(node, ConfigurationSchema.appengine, of: "appengine") else {
            return (identity, [])
        }
        identity.project = fields["project"].flatMap { text($0, "project") }
        identity.region = fields["region"].flatMap { text($0, "region") }
        identity.customDomains = fields["domains"].map { oneOrMore($0).compactMap(domain) } ?? []
        return (identity, fields["versions"].flatMap { entries($0, "versions") } ?? [])
    }

    private func domain(_ node: YAMLNode) -> String? {
        guard let text = text(node, "domains") else { return nil }
        if let domain = DomainText.normal(text) { return domain }
        context.error(
            .badValue, at: node.mark, "'\(text)' is not a domain name", hint: "write a bare name such as example.com")
        return nil
    }

    /// Version ids of a service.
    func versions(_ node: YAMLNode) -> [String] {
        oneOrMore(node).compactMap { item in
            guard let scalar = scalar(item, "versions") else { return nil }
            guard let problem = VersionName.problem(scalar.text) else { return scalar.text }
            context.error(
                .badValue, at: item.mark, "the version id '\(scalar.text)' \(problem)",
                hint: "use lower-case letters, digits and inner hyphens")
            return nil
        }
    }

    // MARK: - The rest

    func health(_ node: YAMLNode?) -> HealthConfiguration {
        var health = HealthConfiguration()
        guard let node else { return health }
        if case .boolean(let isOn)? = node.scalar?.value {
            health.isOn = isOn
            return health
        }
        guard let fields = fields(node, ConfigurationSchema.health, of: "health") else { return health }
        if let node = fields["live"], let path = path(node, "live") { health.live = path }
        if let node = fields["ready"], let path = path(node, "ready") { health.ready = path }
        return health
    }

    private func path(_ node: YAMLNode, _ what: String) -> String? {
        guard let text = text(node, what) else { return nil }
        if text.hasPrefix("/"), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "?") }) {
            return text
        }
        context.error(
            .badValue, at: node.mark, "'\(what)' must be a path that starts with '/'", hint: "for example /healthz")
        return nil
    }

    func accessLog(_ node: YAMLNode?) -> AccessLogFormat {
        guard let node, let scalar = scalar(node, "access_log") else { return .text }
        // A plain `off` is a boolean to YAML.
        if case .boolean(let isOn) = scalar.value { return isOn ? .text : .off }
        if let format = AccessLogFormat(rawValue: scalar.text) { return format }
        let near = Suggestion.hint(for: scalar.text, in: AccessLogFormat.allCases.map(\.rawValue))
        context.error(
            .badValue, at: node.mark, "'access_log' cannot be '\(scalar.text)'",
            hint: near ?? "write text, json or off")
        return .text
    }
}

/// Domain names as an operator writes them.
enum DomainText {
    /// In lower case; nil if it is no name. A leading `*.` is kept.
    static func normal(_ text: String) -> String? {
        let lower = text.lowercased()
        let name = lower.hasPrefix("*.") ? lower.dropFirst(2) : lower[...]
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let isName = labels.allSatisfy { label in
            !label.isEmpty && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        }
        return isName ? lower : nil
    }
}
