/// The templates of a table as a tree of segments, and the walk that routing, explaining and `Allow` share.
///
/// A node is visited at most once per walk, and a segment opens at most two ways (its literal, then the parameter):
/// the cost grows with the path and with how much templates overlap, not with how many there are.
struct RouteTrie: Sendable {
    private var nodes: [Node] = [Node()]
    private var edges = EdgeTable()

    private struct Node {
        var hasLiterals = false
        /// The node behind a parameter segment; -1 for none.
        var parameter = -1
        /// Routes whose template ends here, in the order they were declared.
        var ends: [Entry] = []
        /// Routes whose template takes the rest from here.
        var rests: [Entry] = []
    }

    /// A route at the end of its template.
    struct Entry: Sendable {
        let route: Int
        let methods: [String]?
    }

    /// Meets routes whose template fits, group by group, most specific first.
    protocol Visitor {
        /// - Returns: whether the walk may stop.
        mutating func visit(_ entries: [Entry]) -> Bool
    }

    mutating func insert(_ template: PathTemplate, methods: [String]?, route: Int) {
        let entry = Entry(route: route, methods: methods)
        var node = 0
        for segment in template.segments {
            switch segment {
            case .literal(let text): node = literalChild(of: node, Array(text.utf8))
            case .parameter: node = parameterChild(of: node)
            case .rest:
                nodes[node].rests.append(entry)
                return
            }
        }
        nodes[node].ends.append(entry)
    }

    private mutating func literalChild(of node: Int, _ segment: [UInt8]) -> Int {
        let known = edges.child(of: node, segment)
        if known >= 0 { return known }
        nodes.append(Node())
        edges.insert(parent: node, segment, child: nodes.count - 1)
        nodes[node].hasLiterals = true
        return nodes.count - 1
    }

    private mutating func parameterChild(of node: Int) -> Int {
        if nodes[node].parameter < 0 {
            nodes.append(Node())
            nodes[node].parameter = nodes.count - 1
        }
        return nodes[node].parameter
    }

    /// Walks a raw path: at each segment first the literal, then the parameter, then the rest.
    func walk(_ path: Span<UInt8>, _ visitor: inout some Visitor) {
        guard path.count > 0, path[0] == UInt8(ascii: "/") else { return }
        _ = walk(0, path, from: 1, &visitor)
    }

    private func walk(_ node: Int, _ path: Span<UInt8>, from start: Int, _ visitor: inout some Visitor) -> Bool {
        guard start <= path.count else { return !nodes[node].ends.isEmpty && visitor.visit(nodes[node].ends) }
        var end = start
        var hash = EdgeTable.seed(node)
        var hasEscape = false
        while end < path.count, path[end] != UInt8(ascii: "/") {
            hash = EdgeTable.step(hash, path[end])
            hasEscape = hasEscape || path[end] == UInt8(ascii: "%")
            end += 1
        }
        if nodes[node].hasLiterals {
            let child =
                hasEscape
                ? edges.child(of: node, PercentCoding.decode(path, start..<end))
                : edges.child(of: node, hash: hash, path, start..<end)
            if child >= 0, walk(child, path, from: end + 1, &visitor) { return true }
        }
        let parameter = nodes[node].parameter
        if parameter >= 0, end > start, walk(parameter, path, from: end + 1, &visitor) { return true }
        return !nodes[node].rests.isEmpty && visitor.visit(nodes[node].rests)
    }
}

/// Which methods a route serves; nil is any. A route that has GET serves HEAD too.
enum RouteMethods {
    static func serve(_ methods: [String]?, _ method: String) -> Bool {
        guard let methods else { return true }
        return methods.contains(method) || (method == "HEAD" && methods.contains("GET"))
    }
}

/// Finds the most specific route that has the method.
struct RouteFinder: RouteTrie.Visitor {
    let method: String
    private(set) var route = -1

    init(method: String) { self.method = method }

    mutating func visit(_ entries: [RouteTrie.Entry]) -> Bool {
        // On one template a route that names HEAD goes before the HEAD that comes with GET.
        for entry in entries where entry.methods?.contains(method) != false {
            route = entry.route
            return true
        }
        for entry in entries where RouteMethods.serve(entry.methods, method) {
            route = entry.route
            return true
        }
        return false
    }
}

/// Collects every route whose template fits.
struct RouteCollector: RouteTrie.Visitor {
    private(set) var entries: [RouteTrie.Entry] = []

    mutating func visit(_ entries: [RouteTrie.Entry]) -> Bool {
        self.entries += entries
        return false
    }
}
