/// How a request was routed: every route as declared, and what became of it.
package struct RouteExplanation: Sendable, Hashable {
    package let trials: [Trial]
    /// The route that won, by its position in the table.
    package let winner: Int?

    package struct Trial: Sendable, Hashable {
        package let route: Int
        package let outcome: Outcome
    }

    package enum Outcome: Sendable, Hashable {
        case won
        /// It fits and has the method, but the winner is more specific, or declared first on the same template.
        case lessSpecific(than: Int)
        case methodDiffers
        /// - `segment`: the first one that does not fit, from 0; the number of segments if the path goes on after them.
        case pathDiffers(segment: Int)
    }
}

extension CompiledRoutes {
    func explain(method: String, path: Span<UInt8>) -> RouteExplanation {
        let winner = find(method: method, path: path)
        let fitting = Set(fitting(path).map(\.route))
        var trials: [RouteExplanation.Trial] = []
        for (index, route) in routes.enumerated() {
            let outcome: RouteExplanation.Outcome =
                if index == winner {
                    .won
                } else if !fitting.contains(index) {
                    .pathDiffers(segment: route.template.firstMismatch(path) ?? route.template.segments.count)
                } else if RouteMethods.serve(route.methods, method) {
                    .lessSpecific(than: winner)
                } else {
                    .methodDiffers
                }
            trials.append(RouteExplanation.Trial(route: index, outcome: outcome))
        }
        return RouteExplanation(trials: trials, winner: winner >= 0 ? winner : nil)
    }
}
