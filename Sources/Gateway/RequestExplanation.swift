package import Diagnostics
package import GatewayConfiguration
package import Routing
import Server

/// How a request is routed, step by step, found by the code that serves traffic.
package struct RequestExplanation: Sendable {
    package var dispatch: DispatchExplanation
    /// Every route of the service that was chosen, as declared; for a handshake its channels, too.
    package var trials: [Trial]
    /// Name and value, in the order of the template.
    package var parameters: [(name: String, value: String)] = []
    /// The handler's name, or nil where the gateway answers itself.
    package var handler: String?
    /// The steps around the handler, outermost first.
    package var use: [String] = []
    /// The gateway's own status, or nil where a handler answers.
    package var status: Int?
    /// The gateway's own answer, in words.
    package var note: String?
    /// The place of what decided: the route, else the dispatch rule.
    package var source: SourceMark?

    package struct Trial: Sendable {
        package var route: RouteConfiguration
        package var outcome: RouteExplanation.Outcome
    }
}

extension Snapshot {
    /// Explains a request.
    ///
    /// - Parameters:
    ///   - target: of the request line, byte for byte; an absolute one must have been taken apart.
    ///   - hasBackends: false for plain App Engine files, where only dispatch is known.
    package func explain(
        method: String, host: String, target: String, wantsSocket: Bool, hasBackends: Bool = true
    ) -> RequestExplanation {
        let cut = target.utf8.firstIndex(of: UInt8(ascii: "?"))
        let rawPath = cut.map { String(target[..<$0]) } ?? target
        let path = Array((rawPath.isEmpty ? "/" : rawPath).utf8)
        let query = cut.map { Array(target.utf8[$0...].dropFirst()) }
        let dispatch = dispatcher.explain(host: host, path: rawPath.isEmpty ? "/" : rawPath)
        var explanation = RequestExplanation(dispatch: dispatch, trials: [])
        explanation.source = dispatch.decision.rule.flatMap { rule in
            configuration.dispatchMarks.indices.contains(rule) ? configuration.dispatchMarks[rule] : nil
        }
        let decision = decide(
            method: method, host: dispatcher.hostRoute(Array(host.utf8).span), path: path.span, query: query?.span,
            wantsSocket: wantsSocket)
        let service = onlyService ?? dispatch.decision.serviceIndex
        if let service, services.indices.contains(service), hasBackends {
            explanation.trials = trials(services[service], method, path, wantsSocket)
        }
        explanation.tell(decision, hasBackends: hasBackends)
        return explanation
    }

    private func trials(
        _ service: Service, _ method: String, _ path: [UInt8], _ wantsSocket: Bool
    ) -> [RequestExplanation.Trial] {
        func trials(
            _ table: RouteTable<Endpoint>, _ kind: RouteConfiguration.Kind, _ method: String
        ) -> [RequestExplanation.Trial] {
            let routes = service.endpoints.map(\.configuration).filter { $0.kind == kind }
            return table.explain(method: method, path: path.span).trials.map {
                RequestExplanation.Trial(route: routes[$0.route], outcome: $0.outcome)
            }
        }
        let channels = wantsSocket ? trials(service.channels, .channel, "GET") : []
        let isUpgraded = channels.contains { $0.outcome == .won }
        return channels + (isUpgraded ? [] : trials(service.routes, .route, method))
    }
}

extension RequestExplanation {
    fileprivate mutating func tell(_ decision: Snapshot.Decision, hasBackends: Bool) {
        switch decision {
        case .endpoint(let endpoint, let values, _):
            handler = endpoint.configuration.handler
            use = endpoint.configuration.use.map(\.name)
            parameters = Array(zip(endpoint.target.parameterNames, values)).map { (name: $0, value: $1) }
            source = endpoint.configuration.mark
        case .live where hasBackends, .ready where hasBackends:
            (status, note) = (200, "the gateway answers health checks itself")
        case .healthMethodNotAllowed where hasBackends:
            (status, note) = (405, "health checks take GET and HEAD")
        case .redirect(let target, _):
            (status, note) = (302, "dot segments: redirected to \(target)")
        case .options(let allow, _):
            (status, note) = (204, "the gateway answers OPTIONS: \(allow.joined(separator: ", "))")
        case .serverOptions where hasBackends:
            (status, note) = (204, "the gateway answers OPTIONS *")
        case .methodNotAllowed(let allow, _):
            (status, note) = (405, "the path takes \(allow.joined(separator: ", "))")
        case .upgradeRequired:
            (status, note) = (426, "a channel is here: it takes WebSocket handshakes")
        case .notFound(service: nil):
            (status, note) = (404, "the host names nothing of this app")
        case .notFound where hasBackends:
            (status, note) = (404, "the service has no such route")
        case .notFound, .live, .ready, .healthMethodNotAllowed, .serverOptions:
            break
        }
    }
}
