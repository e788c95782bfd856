package import GatewayConfiguration
package import Routing
import Server

/// All that a request needs to be routed, immutable. A reload builds a whole new one.
package final class Snapshot: Sendable {
    package let configuration: GatewayConfiguration
    package let dispatcher: Dispatcher
    /// In the order of the configuration's services, whose indexes the dispatcher's decisions carry.
    package let services: [Service]
    let instances: [HandlerInstance.Key: HandlerInstance]
    /// Set when this process serves one service of an app whose front has dispatched already.
    let onlyService: Int?
    private let livePath: HealthPath
    private let readyPath: HealthPath
    /// For answers that belong to no service.
    let gatewayPolicy = RoutePolicy()

    /// A service's tables.
    package final class Service: Sendable {
        package let name: String
        package let routes: RouteTable<Endpoint>
        package let channels: RouteTable<Endpoint>
        package let endpoints: [Endpoint]
        /// For the gateway's own answers in this service.
        let policy: RoutePolicy

        init(
            name: String, routes: RouteTable<Endpoint>, channels: RouteTable<Endpoint>, endpoints: [Endpoint]
        ) {
            self.name = name
            self.routes = routes
            self.channels = channels
            self.endpoints = endpoints
            policy = RoutePolicy(service: name)
        }
    }

    /// A route or channel with its handler made.
    package final class Endpoint: Sendable {
        package let configuration: RouteConfiguration
        let instance: HandlerInstance
        /// In the order of `use`.
        let middleware: [HandlerInstance]
        let target: RouteTarget

        init(
            configuration: RouteConfiguration, policy: RoutePolicy, instance: HandlerInstance,
            middleware: [HandlerInstance]
        ) {
            self.configuration = configuration
            self.instance = instance
            self.middleware = middleware
            let kind: RouteTarget.Kind =
                switch instance.kind {
                case .http(let handler): .http(handler)
                case .socket(let handler): .socket(handler)
                case .middleware: preconditionFailure("the configuration lets no middleware be a handler")
                }
            target = RouteTarget(
                kind, policy: policy, parameterNames: configuration.template.parameterNames,
                middleware: middleware.compactMap { if case .middleware(let step) = $0.kind { step } else { nil } })
        }

        func hasSameMiddleware(_ others: [HandlerInstance]) -> Bool { middleware.elementsEqual(others, by: ===) }

        var policy: RoutePolicy { target.policy }
    }

    init(
        configuration: GatewayConfiguration, services: [Service], instances: [HandlerInstance.Key: HandlerInstance],
        onlyService: Int?
    ) {
        self.configuration = configuration
        self.services = services
        self.instances = instances
        self.onlyService = onlyService
        dispatcher = Dispatcher(rules: configuration.dispatch, app: configuration.app)
        let health = configuration.health
        livePath = HealthPath(health.isOn ? health.live : "", services)
        readyPath = HealthPath(health.isOn ? health.ready : "", services)
    }

    /// A path that the gateway answers, unless dispatch leads to a service with an explicit route for it. A catch-all
    /// is none.
    private struct HealthPath {
        /// Empty: nobody asks for it.
        let bytes: [UInt8]
        /// Explicit routes of the path, by service.
        let routes: [Int: [RouteConfiguration]]

        init(_ path: String, _ services: [Service]) {
            bytes = Array(path.utf8)
            var routes: [Int: [RouteConfiguration]] = [:]
            for (index, service) in services.enumerated() {
                let explicit = service.endpoints.map(\.configuration).filter {
                    $0.kind == .route && $0.template.isLiteral(path)
                }
                if !explicit.isEmpty { routes[index] = explicit }
            }
            self.routes = routes
        }

        func isTaken(in service: Int?, _ method: String) -> Bool {
            guard let service, let routes = routes[service] else { return false }
            return routes.contains { $0.methods?.contains(method == "HEAD" ? "GET" : method) ?? true }
        }
    }

    private func answersHealth(_ health: HealthPath, _ method: String, _ host: HostRoute, _ path: Span<UInt8>) -> Bool {
        guard path.equals(health.bytes) else { return false }
        if health.routes.isEmpty { return true }
        return !health.isTaken(in: onlyService ?? dispatcher.decide(host: host, path: path).serviceIndex, method)
    }

    /// All services, or the one that this process serves.
    package var servedServices: [Service] { onlyService.map { [services[$0]] } ?? services }

    /// What becomes of a request.
    package enum Decision: Sendable {
        case live, ready
        /// A health path, but neither GET nor HEAD: 405.
        case healthMethodNotAllowed
        /// A dot segment: 302 to the path without it.
        case redirect(String, service: Int)
        case endpoint(Endpoint, values: [String], service: Int)
        /// OPTIONS that no route answers itself: 204.
        case options([String], service: Int)
        case methodNotAllowed([String], service: Int)
        /// A channel's path without an upgrade: 426.
        case upgradeRequired(service: Int)
        /// - `service`: nil where even the host is unknown.
        case notFound(service: Int?)
        /// OPTIONS * asks about the server as a whole.
        case serverOptions
    }

    /// Routes a request. Allocates only for parameters, escapes and answers of the gateway's own.
    ///
    /// - Parameters:
    ///   - host: of this snapshot's dispatcher.
    ///   - path: as sent, without the query.
    ///   - query: goes along with a redirect.
    package func decide(
        method: String, host: HostRoute, path: Span<UInt8>, query: Span<UInt8>?, wantsSocket: Bool
    ) -> Decision {
        if answersHealth(livePath, method, host, path) { return method.reads ? .live : .healthMethodNotAllowed }
        if answersHealth(readyPath, method, host, path) { return method.reads ? .ready : .healthMethodNotAllowed }
        if path.count == 1, path[0] == UInt8(ascii: "*") { return .serverOptions }
        guard let service = onlyService ?? dispatcher.service(host: host, path: path),
            services.indices.contains(service)
        else { return .notFound(service: nil) }
        if !RequestPath.isNormal(path),
            let target = RequestPath.redirectTarget(rawPath: path.text, query: query?.text)
        {
            return .redirect(target, service: service)
        }
        // By index and not by `RouteTable.match`, whose generic form costs as much again.
        let table = services[service]
        if wantsSocket, case .matched(let index, let values) = table.channels.routes.match(method: "GET", path: path) {
            return .endpoint(table.channels.values[index], values: values, service: service)
        }
        switch table.routes.routes.match(method: method, path: path) {
        case .matched(let index, let values):
            return .endpoint(table.routes.values[index], values: values, service: service)
        case .methodNotAllowed(let allow):
            return method == "OPTIONS" ? .options(allow, service: service) : .methodNotAllowed(allow, service: service)
        case .notFound:
            if case .matched = table.channels.routes.match(method: "GET", path: path) {
                return .upgradeRequired(service: service)
            }
            return .notFound(service: service)
        }
    }
}

extension String {
    /// A method that asks and changes nothing.
    fileprivate var reads: Bool { self == "GET" || self == "HEAD" }
}

extension PathTemplate {
    fileprivate func isLiteral(_ path: String) -> Bool { text == path && parameterNames.isEmpty }
}

extension Span<UInt8> {
    /// False for an empty array: that stands for a path nobody asks for.
    fileprivate func equals(_ bytes: [UInt8]) -> Bool {
        guard count == bytes.count, !bytes.isEmpty else { return false }
        for index in indices where self[index] != bytes[index] { return false }
        return true
    }

    fileprivate var text: String {
        withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}
