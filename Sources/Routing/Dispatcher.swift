/// Chooses the service of a request: host names that target a version, dispatch rules, other host names, in that order.
///
/// - Source: App Engine, "How requests are routed" and the `dispatch.yaml` reference.
package struct Dispatcher: Sendable {
    package let rules: [DispatchRule]
    /// The app's services, then those that only rules name, then `default` if nobody defined it.
    ///
    /// A checked configuration defines them all, so its indexes are those of `app.services`.
    package let services: [ServiceIdentity]
    private let reader: HostReader
    private let defaultService: Int
    private let serviceOfRule: [Int]
    private let paths: RulePaths
    private let hosts: [[UInt8]]

    package init(rules: [DispatchRule], app: AppIdentity) {
        var services = app.services
        for name in rules.map(\.service) + ["default"] where !services.contains(where: { $0.name == name }) {
            services.append(ServiceIdentity(name: name))
        }
        func index(_ name: String) -> Int { services.firstIndex { $0.name == name }! }
        self.rules = rules
        self.services = services
        reader = HostReader(app)
        defaultService = index("default")
        serviceOfRule = rules.map { index($0.service) }
        paths = RulePaths(rules.map(\.pattern.path))
        hosts = rules.map { $0.pattern.host.bytes }
    }

    /// Reads a Host header once; `decide` takes the result for each request that carries the same bytes.
    package func hostRoute(_ host: Span<UInt8>) -> HostRoute {
        let form = reader.read(host)
        let fallback = decision(for: form)
        let name = Array(form.name.utf8)
        let matching = fallback.why == .targeted ? [] : rules.indices.filter { matchesHost($0, name.span) }
        return HostRoute(form: form, fallback: fallback, rules: matching)
    }

    /// The service of a request.
    ///
    /// - `path`: as sent, without the query. Allocates only if it holds a percent sign.
    package func decide(host: HostRoute, path: Span<UInt8>) -> DispatchDecision {
        decision(choose(host, path), host)
    }

    /// The `serviceIndex` of that decision, without making one: all that serving needs.
    package func service(host: HostRoute, path: Span<UInt8>) -> Int? {
        switch choose(host, path) {
        case .host: host.fallback.serviceIndex
        case .reserved: defaultService
        case .rule(let rule): serviceOfRule[rule]
        }
    }

    func decide(host: HostRoute, decoded path: Span<UInt8>) -> DispatchDecision {
        decision(choose(host, decoded: path), host)
    }

    /// What decides: the host's own answer, a reserved path, or a rule.
    private enum Choice {
        case host, reserved, rule(Int)
    }

    private func choose(_ host: HostRoute, _ path: Span<UInt8>) -> Choice {
        if host.rules.isEmpty {
            switch host.fallback.why {
            case .default: break
            default: return .host
            }
        }
        guard path.contains(UInt8(ascii: "%")) else { return choose(host, decoded: path) }
        let decoded = RequestPath.decodedForDispatch(path)
        return choose(host, decoded: decoded.span)
    }

    private func choose(_ host: HostRoute, decoded path: Span<UInt8>) -> Choice {
        switch host.fallback.why {
        case .targeted: return .host
        case .default: if ReservedPath.contains(path) { return .reserved }
        default: if ReservedPath.contains(path) { return .host }
        }
        for rule in host.rules where matchesPath(rule, path) { return .rule(rule) }
        return .host
    }

    private func decision(_ choice: Choice, _ host: HostRoute) -> DispatchDecision {
        switch choice {
        case .host: host.fallback
        case .reserved: DispatchDecision(.reserved, service: defaultService)
        case .rule(let rule): DispatchDecision(.rule, service: serviceOfRule[rule], rule: rule)
        }
    }

    func matchesPath(_ rule: Int, _ decoded: Span<UInt8>) -> Bool { paths.matches(rule, decoded) }

    func matchesHost(_ rule: Int, _ name: Span<UInt8>) -> Bool {
        switch rules[rule].pattern.host {
        case .any: true
        case .suffix: name.ends(with: hosts[rule])
        case .exact: name.count == hosts[rule].count && name.starts(with: hosts[rule])
        }
    }
}

// MARK: - What a host says

extension Dispatcher {
    private func decision(for form: HostForm) -> DispatchDecision {
        switch form.labels.count {
        case 0: DispatchDecision(.default, service: defaultService)
        case 1: single(form.labels[0]) ?? unknown(form)
        case 2: versioned(form.labels[0], of: form.labels[1]) ?? unknown(form)
        case 3: instance(form.labels[0], version: form.labels[1], of: form.labels[2]) ?? unknown(form)
        default: unknown(form)
        }
    }

    private func service(_ name: String) -> Int? { services.firstIndex { $0.name == name } }

    /// `SERVICE`, else a version of the default service.
    private func single(_ name: String) -> DispatchDecision? {
        if let service = service(name) { return DispatchDecision(.service, service: service) }
        guard services[defaultService].versions.contains(name) else { return nil }
        return DispatchDecision(.version, service: defaultService, version: name)
    }

    /// `VERSION.SERVICE`, else `INSTANCE.SERVICE` of the version with the traffic.
    private func versioned(_ name: String, of serviceName: String) -> DispatchDecision? {
        guard let service = service(serviceName) else { return nil }
        if services[service].versions.contains(name) {
            return DispatchDecision(.targeted, service: service, version: name)
        }
        return number(name, of: service).map { DispatchDecision(.targeted, service: service, instance: $0) }
    }

    private func instance(_ name: String, version: String, of serviceName: String) -> DispatchDecision? {
        guard let service = service(serviceName), services[service].versions.contains(version) else { return nil }
        return number(name, of: service)
            .map { DispatchDecision(.targeted, service: service, version: version, instance: $0) }
    }

    /// An instance number: decimal without leading zeros, below the number of instances if that is known.
    private func number(_ text: String, of service: Int) -> Int? {
        guard text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains), let number = Int(text),
            String(number) == text, number < services[service].instances ?? .max
        else { return nil }
        return number
    }

    /// Names that do not exist: 404 on a custom domain; locally the service, if at least that exists; else the default.
    private func unknown(_ form: HostForm) -> DispatchDecision {
        switch form.family {
        case .customDomain: return DispatchDecision(.notFound, service: nil)
        case .local:
            if form.labels.count > 1, let service = form.labels.last.flatMap(service) {
                return DispatchDecision(.service, service: service)
            }
            return DispatchDecision(.soft, service: defaultService)
        case .appspot, .foreign: return DispatchDecision(.soft, service: defaultService)
        }
    }
}

extension DispatchPattern.HostPattern {
    fileprivate var bytes: [UInt8] {
        switch self {
        case .any: []
        case .suffix(let text), .exact(let text): Array(text.utf8)
        }
    }
}
