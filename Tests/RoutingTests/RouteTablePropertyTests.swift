import Routing
import TestSupport
import Testing

/// The compiled table against the rule read aloud: all templates that fit, the most specific that has the method.
@Suite struct RouteTablePropertyTests {
    private struct Route {
        let template: PathTemplate
        let methods: [String]?
    }

    @Test func agreesWithANaiveMatcher() throws {
        var random = SeededGenerator(seed: 3)
        var matched = 0
        for _ in 0..<600 {
            let routes = try Self.routes(&random)
            let table = RouteTable(routes.enumerated().map { ($1.template, $1.methods, $0) })
            for _ in 0..<12 {
                let path = Self.path(&random)
                let method = random.pick(["GET", "HEAD", "POST", "OPTIONS"])
                let expected = Self.naive(routes, method, path)
                let bytes = Array(path.utf8)
                let actual =
                    switch table.match(method: method, path: bytes.span) {
                    case .matched(let route, let parameters): "\(route) \(parameters)"
                    case .methodNotAllowed(let allow): "405 \(allow)"
                    case .notFound: "404"
                    }
                if actual != expected || !Self.isExplained(table, routes, method, path) {
                    Issue.record("\(method) \(path): \(actual), not \(expected), in \(routes.map(\.template.text))")
                }
                if actual.hasSuffix("]"), !actual.hasPrefix("405") { matched += 1 }
            }
        }
        #expect(matched > 800, "too few of the random paths match anything")
    }

    /// Every way of writing `a` or a parameter in ten segments: the shapes that make a naive walk explode.
    @Test func survivesTemplatesThatOverlapInEverySegment() throws {
        let routes = try (0..<1_024).map { bits in
            let segments = (0..<10).map { bits >> $0 & 1 == 1 ? "a" : "{p\($0)}" }
            return (
                template: try PathTemplate("/" + segments.joined(separator: "/")), methods: nil as [String]?,
                value: bits
            )
        }
        let table = RouteTable(routes)
        for bits in stride(from: 0, to: 1_024, by: 7) {
            let path = Array((0..<10).map { bits >> $0 & 1 == 1 ? "/a" : "/b" }.joined().utf8)
            guard case .matched(let route, _) = table.match(method: "GET", path: path.span) else {
                Issue.record("no match")
                continue
            }
            #expect(route == bits)
        }
        for path in [String(repeating: "/a", count: 9), String(repeating: "/a", count: 3_000)] {
            let bytes = Array(path.utf8)
            guard case .notFound = table.match(method: "GET", path: bytes.span) else {
                Issue.record("\(path.count) bytes match")
                continue
            }
        }
    }

    @Test func takesAnyBytes() throws {
        let table = try RouteTableTests.table(["GET /", "* /a/{x}/b", "POST /%25/{r...}", "GET /{x}/{y}"])
        var random = SeededGenerator(seed: 5)
        let frequent = Array("/%/%aA2Ff.{}".utf8)
        for _ in 0..<10_000 {
            let bytes = (0..<random.below(24)).map { _ in
                random.below(3) == 0 ? UInt8(truncatingIfNeeded: random.next()) : random.pick(frequent)
            }
            if case .matched(let route, let parameters) = table.match(method: "GET", path: bytes.span) {
                let isSound =
                    bytes.first == UInt8(ascii: "/") && parameters.count == route.split(separator: "{").count - 1
                if !isSound { Issue.record("\(bytes) is \(route) \(parameters)") }
            }
            _ = try? PathTemplate(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// Whether each route's outcome is true of it, and agrees with the others on the winner.
    private static func isExplained(_ table: RouteTable<Int>, _ routes: [Route], _ method: String, _ path: String)
        -> Bool
    {
        let bytes = Array(path.utf8)
        let explanation = table.explain(method: method, path: bytes.span)
        let pieces = Array(path.split(separator: "/", omittingEmptySubsequences: false).dropFirst())
        return zip(explanation.trials, routes).allSatisfy { trial, route in
            let fits = parameters(route.template, path) != nil
            switch trial.outcome {
            case .won: return fits && has(route, method) && explanation.winner == trial.route
            case .lessSpecific(let winner): return fits && has(route, method) && explanation.winner == winner
            case .methodDiffers: return fits && !has(route, method)
            case .pathDiffers(let segment):
                let front = Array(route.template.segments.prefix(segment))
                return !fits && values(front, pieces) != nil
                    && (segment == route.template.segments.count
                        || values(Array(route.template.segments.prefix(segment + 1)), pieces) == nil)
            }
        }
    }

    private static func routes(_ random: inout SeededGenerator) throws -> [Route] {
        var seen: Set<String> = []
        return try (0..<1 + random.below(9)).compactMap { _ in
            var text = ""
            for number in 0..<1 + random.below(4) {
                text += "/" + random.pick(["a", "b", "%62c", "{p\(number)}", "{p\(number)}"])
            }
            text += random.pick(["", "", "/", "/{r...}"])
            // One route per shape and method, so that the winner is unique.
            let methods = random.pick([["GET"], ["POST"], ["GET", "POST"], ["HEAD"], nil])
            guard seen.insert(text).inserted else { return nil }
            return Route(template: try PathTemplate(text), methods: methods)
        }
    }

    private static func path(_ random: inout SeededGenerator) -> String {
        (0..<1 + random.below(5)).map { _ in "/" + random.pick(["a", "b", "bc", "%61", "b%63", "x%2Fy", "", "%zz"]) }
            .joined()
    }

    private static func naive(_ routes: [Route], _ method: String, _ path: String) -> String {
        let fitting = routes.indices.filter { parameters(routes[$0].template, path) != nil }
        let ranked = fitting.sorted { rank(routes[$0].template).lexicographicallyPrecedes(rank(routes[$1].template)) }
        if let winner = ranked.first(where: { has(routes[$0], method) }) {
            return "\(winner) \(parameters(routes[winner].template, path) ?? [])"
        }
        if fitting.isEmpty { return "404" }
        var allowed = Set(fitting.flatMap { routes[$0].methods ?? [] } + ["OPTIONS"])
        if allowed.contains("GET") { allowed.insert("HEAD") }
        return "405 \(allowed.sorted())"
    }

    private static func has(_ route: Route, _ method: String) -> Bool {
        guard let methods = route.methods else { return true }
        return methods.contains(method) || (method == "HEAD" && methods.contains("GET"))
    }

    private static func rank(_ template: PathTemplate) -> [Int] {
        template.segments.map { segment in
            switch segment {
            case .literal: 0
            case .parameter: 1
            case .rest: 2
            }
        }
    }

    private static func parameters(_ template: PathTemplate, _ path: String) -> [String]? {
        let pieces = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard let values = values(template.segments, Array(pieces)) else { return nil }
        if case .rest = template.segments.last { return values }
        return pieces.count == template.segments.count ? values : nil
    }

    /// The values of `segments` against the pieces of a path in front; nil if one does not fit.
    private static func values(_ segments: [PathTemplate.Segment], _ pieces: [Substring]) -> [String]? {
        guard pieces.count >= segments.count else { return nil }
        var values: [String] = []
        for (index, segment) in segments.enumerated() {
            let piece = decoded(String(pieces[index]))
            switch segment {
            case .literal(let text): if text != piece { return nil }
            case .parameter:
                if piece.isEmpty { return nil }
                values.append(piece)
            case .rest: values.append(decoded(pieces[index...].joined(separator: "/")))
            }
        }
        return values
    }

    private static func decoded(_ text: String) -> String {
        text.replacing("%61", with: "a").replacing("%63", with: "c").replacing("%2F", with: "/")
    }
}
