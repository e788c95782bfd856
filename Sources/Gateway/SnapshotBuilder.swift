import Diagnostics
import GatewayConfiguration
import Logging
import PluginKit
import Routing
import Server
import WebSocketWire

/// Makes a snapshot from a configuration: handlers made or taken over, tables compiled.
struct SnapshotBuilder {
    let catalog: HandlerCatalog
    let bus: any Bus
    let logger: Logger
    /// Serve this service alone, without dispatch.
    var onlyService: String?
    /// What handler instances share; kept over reloads.
    var shared = SharedObjects()

    /// - Returns: nil with the reasons when a handler refuses its settings.
    func build(_ configuration: GatewayConfiguration, previous: Snapshot? = nil) -> (Snapshot?, [Diagnostic]) {
        var diagnostics: [Diagnostic] = []
        var instances: [HandlerInstance.Key: HandlerInstance] = [:]
        var known: [RouteIdentity: Snapshot.Endpoint] = [:]
        for service in previous?.services ?? [] {
            for endpoint in service.endpoints {
                known[RouteIdentity(service: service.name, endpoint.configuration)] = endpoint
            }
        }
        /// A step that several routes inherit complains once.
        var refused: Set<HandlerInstance.Key> = []
        func made(
            _ key: HandlerInstance.Key, mark: SourceMark, settingMark: ([String]) -> SourceMark
        ) -> HandlerInstance? {
            if refused.contains(key) { return nil }
            do {
                return try instance(key, configuration.directory, &instances, previous)
            } catch let error as SettingError {
                let mark = settingMark(error.path)
                diagnostics.append(Diagnostic(.badSetting, at: mark, error.message, hint: error.hint))
            } catch {
                let message = "'\(key.handler)' cannot be made: \(error)"
                diagnostics.append(Diagnostic(.badSetting, at: mark, message))
            }
            if key.scope != nil { refused.insert(key) }
            return nil
        }
        var services: [Snapshot.Service] = []
        for service in configuration.services {
            var endpoints: [Snapshot.Endpoint] = []
            for route in service.routes + service.channels where route.isSound {
                let handler = made(
                    HandlerInstance.Key(route), mark: route.handlerMark, settingMark: route.mark(ofSetting:))
                let steps = route.use.map { step in
                    made(HandlerInstance.Key(step), mark: step.mark, settingMark: step.mark(ofSetting:))
                }
                let middleware = steps.compactMap(\.self)
                guard let handler, middleware.count == steps.count else { continue }
                let old = known[RouteIdentity(service: service.name, route)]
                endpoints.append(endpoint(service.name, route, handler, middleware, old))
            }
            services.append(table(service.name, endpoints))
        }
        var only: Int?
        if let onlyService {
            only = services.firstIndex { $0.name == onlyService }
            if only == nil {
                let hint = Suggestion.hint(for: onlyService, in: services.map(\.name))
                diagnostics.append(
                    Diagnostic(.unknownService, at: nil, "there is no service '\(onlyService)'", hint: hint))
            }
        }
        guard diagnostics.isEmpty else { return (nil, diagnostics) }
        return (
            Snapshot(configuration: configuration, services: services, instances: instances, onlyService: only), []
        )
    }

    private func instance(
        _ key: HandlerInstance.Key, _ directory: String,
        _ instances: inout [HandlerInstance.Key: HandlerInstance], _ previous: Snapshot?
    ) throws -> HandlerInstance {
        if let made = instances[key] ?? previous?.instances[key] {
            instances[key] = made
            return made
        }
        guard let declaration = catalog[key.handler] else {
            throw SettingError(message: "no plugin provides '\(key.handler)'")
        }
        var logger = logger
        logger[metadataKey: "handler"] = "\(key.handler)"
        let context = HandlerContext(
            bus: bus, logger: logger, directory: directory, parameterNames: key.parameterNames,
            restParameter: key.restParameter, shared: shared)
        let kind: HandlerInstance.Kind =
            switch declaration.make {
            case .http(let make): .http(try make(key.settings, context))
            case .socket(let make): .socket(try make(key.settings, context))
            case .middleware(let make): .middleware(try make(key.settings, context))
            }
        let instance = HandlerInstance(key: key, kind: kind)
        instances[key] = instance
        return instance
    }

    /// A route that has not changed keeps its policy object, by which its open sockets know that they may stay.
    private func endpoint(
        _ service: String, _ route: RouteConfiguration, _ instance: HandlerInstance, _ middleware: [HandlerInstance],
        _ old: Snapshot.Endpoint?
    ) -> Snapshot.Endpoint {
        let limits = RouteLimits(route)
        let policy =
            if let old, old.instance === instance, old.hasSameMiddleware(middleware), old.policy.limits == limits {
                old.policy
            } else {
                RoutePolicy(service: service, route: route.template.text, limits: limits)
            }
        return Snapshot.Endpoint(configuration: route, policy: policy, instance: instance, middleware: middleware)
    }

    private func table(_ name: String, _ endpoints: [Snapshot.Endpoint]) -> Snapshot.Service {
        func table(_ kind: RouteConfiguration.Kind) -> RouteTable<Snapshot.Endpoint> {
            RouteTable(
                endpoints.filter { $0.configuration.kind == kind }.map {
                    (template: $0.configuration.template, methods: $0.configuration.methods, value: $0)
                })
        }
        return Snapshot.Service(
            name: name, routes: table(.route), channels: table(.channel), endpoints: endpoints)
    }
}

extension HandlerInstance.Key {
    init(_ route: RouteConfiguration) {
        self.init(
            handler: route.handler, settings: route.settings, parameterNames: route.template.parameterNames,
            restParameter: route.template.restParameter)
    }

    init(_ step: MiddlewareConfiguration) {
        self.init(handler: step.name, settings: step.settings, parameterNames: [], scope: step.scope)
    }
}

/// What makes a route the same route across a reload.
struct RouteIdentity: Hashable {
    var service: String
    var kind: RouteConfiguration.Kind
    var template: String
    var methods: [String]?

    init(service: String, _ route: RouteConfiguration) {
        self.service = service
        kind = route.kind
        template = route.template.text
        methods = route.methods
    }
}

extension RouteLimits {
    init(_ route: RouteConfiguration) {
        self.init()
        body = route.limits.body
        message = route.limits.message
        socketBuffer = route.limits.queue
        bodyPiece = route.timeouts.body.wholeSeconds
        request = route.timeouts.request.wholeSeconds
        ping = route.timeouts.ping.wholeSeconds
        origins = route.origins
        compression = route.compression.map {
            CompressionSettings(
                allowsTakeover: $0.takeover, maxWindowBits: $0.window, level: $0.level, threshold: $0.threshold)
        }
    }
}

extension Duration {
    /// Rounded up; timers are exact to the second.
    var wholeSeconds: Int64 { components.seconds + (components.attoseconds > 0 ? 1 : 0) }
}

extension PathTemplate {
    /// The name of the segment that takes the rest of the path.
    var restParameter: String? {
        if case .rest(let name)? = segments.last { name } else { nil }
    }
}
