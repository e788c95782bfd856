/// The routes of a service, compiled for matching.
///
/// At the leftmost segment where two templates differ, a literal beats a parameter and a parameter beats the rest; the
/// most specific template that has the method wins. The path is split at its slashes first and each segment is decoded
/// after that, so an escaped slash never splits; an invalid escape stands for itself.
package struct RouteTable<Value: Sendable>: Sendable {
    /// The same table without its values. Its `match` is specialised, and 0.1 µs cheaper than this generic shell.
    package let routes: CompiledRoutes
    package let values: [Value]

    /// - `methods`: nil for any. A route that has GET serves HEAD too.
    package init(_ routes: [(template: PathTemplate, methods: [String]?, value: Value)]) {
        self.routes = CompiledRoutes(routes.map { ($0.template, $0.methods) })
        values = routes.map(\.value)
    }

    /// The route of a request.
    ///
    /// - `path`: as sent, without the query. Allocates only for escapes, for parameters and when nothing matches.
    package func match(method: String, path: Span<UInt8>) -> RouteMatch<Value> {
        switch routes.match(method: method, path: path) {
        case .matched(let route, let parameters): .matched(values[route], parameters: parameters)
        case .methodNotAllowed(let allow): .methodNotAllowed(allow: allow)
        case .notFound: .notFound
        }
    }

    /// What `Allow` says for a path, HEAD and OPTIONS included; empty if no template fits, nil if one takes any method.
    package func allowedMethods(path: Span<UInt8>) -> [String]? { routes.allowedMethods(path: path) }

    /// What `match` does with a request, route by route.
    package func explain(method: String, path: Span<UInt8>) -> RouteExplanation {
        routes.explain(method: method, path: path)
    }
}

/// What a table says to a request.
package enum RouteMatch<Value: Sendable>: Sendable {
    /// - `parameters`: values in the order of the template, each segment percent-decoded, wrong UTF-8 repaired.
    ///   A value may hold a decoded slash; a rest may hold dots and slashes that came as escapes.
    case matched(Value, parameters: [String])
    /// A template fits, but none has the method. For OPTIONS the caller answers with the list itself (204).
    case methodNotAllowed(allow: [String])
    case notFound
}
