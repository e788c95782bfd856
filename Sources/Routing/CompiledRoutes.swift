/// The templates and methods of a table, whatever its values are. A route is known by its position.
package struct CompiledRoutes: Sendable {
    let routes: [Route]
    let trie: RouteTrie

    struct Route: Sendable {
        let template: PathTemplate
        let methods: [String]?
        let hasParameters: Bool
    }

    init(_ routes: [(template: PathTemplate, methods: [String]?)]) {
        var trie = RouteTrie()
        for (index, route) in routes.enumerated() {
            trie.insert(route.template, methods: route.methods, route: index)
        }
        self.trie = trie
        self.routes = routes.map { route in
            Route(
                template: route.template, methods: route.methods,
                hasParameters: route.template.segments.contains { $0.name != nil })
        }
    }

    /// The route of a request, by its position in the table.
    package func match(method: String, path: Span<UInt8>) -> RouteMatch<Int> {
        let route = find(method: method, path: path)
        if route >= 0 {
            let parameters = routes[route].hasParameters ? routes[route].template.parameters(of: path) : []
            return .matched(route, parameters: parameters)
        }
        guard let allow = allowedMethods(path: path), !allow.isEmpty else { return .notFound }
        return .methodNotAllowed(allow: allow)
    }

    /// The most specific route that fits and has the method; -1 if none.
    func find(method: String, path: Span<UInt8>) -> Int {
        var finder = RouteFinder(method: method)
        trie.walk(path, &finder)
        return finder.route
    }

    func allowedMethods(path: Span<UInt8>) -> [String]? {
        var methods: Set<String> = []
        for entry in fitting(path) {
            guard let served = entry.methods else { return nil }
            methods.formUnion(served)
        }
        if methods.isEmpty { return [] }
        methods.insert("OPTIONS")
        if methods.contains("GET") { methods.insert("HEAD") }
        return methods.sorted()
    }

    /// Every route that fits, most specific first.
    func fitting(_ path: Span<UInt8>) -> [RouteTrie.Entry] {
        var collector = RouteCollector()
        trie.walk(path, &collector)
        return collector.entries
    }
}
