/// How a request was dispatched: every rule, in order, and what became of it.
package struct DispatchExplanation: Sendable, Hashable {
    package let host: HostForm
    /// The path that rules are compared with.
    package let decodedPath: String
    package let trials: [Trial]
    package let decision: DispatchDecision
    /// The name of the service that was chosen.
    package let service: String?

    package struct Trial: Sendable, Hashable {
        /// 0-based.
        package let rule: Int
        package let outcome: Outcome
    }

    package enum Outcome: Sendable, Hashable {
        case matched
        case hostDiffers
        case pathDiffers
        /// The path is reserved, so no rule is tried.
        case reserved
        /// The host targets a version or instance, so no rule is tried.
        case targeted
        /// An earlier rule had won.
        case notReached(winner: Int)
    }
}

extension Dispatcher {
    /// What `decide` does with a request, step by step.
    ///
    /// - `path`: as sent; a query is cut off.
    package func explain(host: String, path: String) -> DispatchExplanation {
        let route = hostRoute(Array(host.utf8).span)
        let raw = Array(path.utf8.prefix { $0 != UInt8(ascii: "?") })
        let decision = decide(host: route, path: raw.span)
        let decoded = RequestPath.decodedForDispatch(raw.span)
        let trials = rules.indices.map { rule in
            DispatchExplanation.Trial(rule: rule, outcome: outcome(rule, route, decoded, decision))
        }
        return DispatchExplanation(
            host: route.form, decodedPath: String(decoding: decoded, as: UTF8.self), trials: trials,
            decision: decision, service: decision.serviceIndex.map { services[$0].name })
    }

    private func outcome(
        _ rule: Int, _ route: HostRoute, _ decoded: [UInt8], _ decision: DispatchDecision
    ) -> DispatchExplanation.Outcome {
        if decision.why == .targeted { return .targeted }
        if ReservedPath.contains(decoded.span) { return .reserved }
        if let winner = decision.rule, rule >= winner { return rule == winner ? .matched : .notReached(winner: winner) }
        return route.rules.contains(rule) ? .pathDiffers : .hostDiffers
    }
}
