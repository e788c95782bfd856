internal import Diagnostics
internal import Routing
internal import YAMLDocument

/// What a service has from the file, and a route from its service.
struct Inherited {
    var limits: Limits
    var timeouts: Timeouts
    var use: [MiddlewareConfiguration]
}

/// Reads `services`, and the top-level `routes` and `channels` that stand for the service `default`.
struct ServicesReader {
    let reader: NodeReader
    let inherited: Inherited
    private var context: LoadContext { reader.context }

    init(_ reader: NodeReader, _ inherited: Inherited) {
        self.reader = reader
        self.inherited = inherited
    }

    func all(_ top: Fields) -> [ServiceConfiguration] {
        var services: [ServiceConfiguration] = []
        if let mark = top.keyMark("routes") ?? top.keyMark("channels") {
            services.append(
                ServiceConfiguration(
                    name: "default", routes: routes(.route, top, inherited, "default"),
                    channels: routes(.channel, top, inherited, "default"), mark: mark))
        }
        let entries = top["services"].flatMap { reader.entries($0, "services") } ?? []
        for entry in entries {
            let service = service(entry)
            if let index = services.firstIndex(where: { $0.name == service.name }) {
                services[index].routes += service.routes
                services[index].channels += service.channels
            } else {
                services.append(service)
            }
        }
        check(services, top)
        return services
    }

    private func service(_ entry: YAMLEntry) -> ServiceConfiguration {
        if let problem = ServiceName.problem(entry.key) {
            context.error(
                .service, at: entry.keyMark, "the service name '\(entry.key)' \(problem)",
                hint: "use lower-case letters, digits and inner hyphens")
        }
        var service = ServiceConfiguration(name: entry.key, mark: entry.keyMark)
        guard !entry.value.isNull,
            let fields = reader.fields(entry.value, ConfigurationSchema.service, of: "a service")
        else { return service }
        let inherited = Inherited(
            limits: reader.limits(fields["limits"], inherited: inherited.limits),
            timeouts: reader.timeouts(fields["timeouts"], inherited: inherited.timeouts),
            use: inherited.use + UseReader(reader).steps(fields["use"], scope: entry.key))
        service.routes = routes(.route, fields, inherited, entry.key)
        service.channels = routes(.channel, fields, inherited, entry.key)
        return service
    }

    private func routes(
        _ kind: RouteConfiguration.Kind, _ fields: Fields, _ inherited: Inherited, _ service: String
    ) -> [RouteConfiguration] {
        RouteReader(reader, kind, inherited, service: service).all(fields["\(kind.noun)s"])
    }

    // MARK: - Checks

    private func check(_ services: [ServiceConfiguration], _ top: Fields) {
        for service in services {
            checkConflicts(service.routes)
            checkConflicts(service.channels)
        }
        if !services.isEmpty, !services.contains(where: { $0.name == "default" }) {
            context.error(
                .noDefaultService, at: top.keyMark("services"), "there is no service called 'default'",
                hint: "call one of the services 'default'; it gets what no rule takes")
        }
        // What was refused above would have been served.
        guard !context.hasErrors else { return }
        let empty = services.filter { $0.routes.isEmpty && $0.channels.isEmpty }
        if empty.count == services.count {
            return context.error(
                .noRoutes, at: top.keyMark("services") ?? top.mark,
                "there is no route and no channel, so nothing to serve",
                hint: "add routes: with { path: /, handler: … }")
        }
        for service in empty {
            context.warn(
                .noRoutes, at: service.mark, "the service '\(service.name)' has no route and no channel",
                hint: "add some, or remove it")
        }
    }

    private func checkConflicts(_ routes: [RouteConfiguration]) {
        for conflict in RouteConflict.all(in: routes.map { ($0.template, $0.methods) }) {
            let (first, second) = (routes[conflict.first], routes[conflict.second])
            let methods = conflict.methods.map { " for " + $0.joined(separator: ", ") } ?? ""
            context.error(
                .ambiguousRoute, at: second.mark,
                "the \(second.kind.noun) '\(second.template.text)' takes the same requests as an earlier one\(methods)",
                hint: second.kind == .route
                    ? "change its path or its methods, or remove it" : "change its path, or remove it",
                notes: [.init(mark: first.mark, message: "'\(first.template.text)' stands here")])
        }
    }
}
