import Routing
import TestSupport
import Testing

@Suite struct ReachabilityTests {
    private static let sample = [("*/api/add*", "add"), ("*/ws*", "ws")]

    @Test(arguments: [
        ("ws", "/ws/{topic}", Reachability.byRule(1)),
        ("ws", "/ws", .byRule(1)),
        ("ws", "/hello", .onlyByHost(["ws.localhost"])),
        ("ws", "/w", .onlyByHost(["ws.localhost"])),
        ("ws", "/{any}", .byRule(1)),
        ("ws", "/{rest...}", .byRule(1)),
        ("ws", "/a/{x}", .onlyByHost(["ws.localhost"])),
        ("ws", "/api/add/x", .onlyByHost(["v1.ws.localhost"])),
        ("add", "/api/{x}", .byRule(0)),
        ("add", "/api", .onlyByHost(["add.localhost"])),
        ("add", "/api/add/sum", .byRule(0)),
        ("add", "/api/address", .byRule(0)),
        ("add", "/{a}/{b}/c", .byRule(0)),
        ("add", "/{a}", .onlyByHost(["add.localhost"])),
        ("add", "/api%2Fadd", .onlyByHost(["add.localhost"])),
        ("default", "/", .byDefault),
        ("default", "/{file...}", .byDefault),
        ("default", "/ws/x", .onlyByHost(["v1.default.localhost"])),
        ("default", "/w", .byDefault),
        ("default", "/ws/{x}", .onlyByHost(["v1.default.localhost"])),
        ("default", "/{x}", .byDefault),
        ("nosuch", "/x", .unreachable),
    ])
    func knowsTheSampleRules(_ service: String, _ path: String, _ expected: Reachability) throws {
        #expect(try Self.reach(Self.sample, service, path) == expected)
    }

    @Test(
        arguments: [
            ([("*/*", "add")], "default", "/x", Reachability.onlyByHost(["v1.default.localhost"])),
            ([("*/*", "add")], "default", "/{x...}", .byDefault),
            ([("*/*", "add")], "default", "/_ah/warmup", .byDefault),
            ([("*/*", "add")], "add", "/_ah/warmup", .onlyByHost(["add.localhost"])),
            ([("*/*", "add")], "add", "/_ah/api/x", .byRule(0)),
            ([("*/*", "add")], "add", "/_ah/{x}", .byRule(0)),
            ([("x.com/*", "add")], "default", "/x", .byDefault),
            ([("x.com/*", "add")], "add", "/x", .byRule(0)),
            ([("*/a*", "ws"), ("*/a/b*", "add")], "add", "/a/b/c", .onlyByHost(["v1.add.localhost"])),
            ([("x.com/a*", "ws"), ("*/a/b*", "add")], "add", "/a/b/c", .byRule(1)),
            ([("*.com/a*", "ws"), ("x.com/a/b*", "add")], "add", "/a/b/c", .onlyByHost(["add.localhost"])),
            ([("*/a", "ws"), ("*/a*", "add")], "add", "/a", .onlyByHost(["v1.add.localhost"])),
            ([("*/a/", "ws")], "ws", "/a/{x}", .onlyByHost(["ws.localhost"])),
            ([("*/a/", "ws")], "ws", "/a/{x...}", .byRule(0)),
            ([("*/a/*", "ws")], "ws", "/a/{x}", .byRule(0)),
            ([("*/a/b/c*", "ws")], "ws", "/a/{x}", .onlyByHost(["ws.localhost"])),
            ([("*/a%2Fb", "ws")], "ws", "/a%2fb", .byRule(0)),
            ([("*/é*", "ws")], "ws", "/%C3%A9/{x}", .byRule(0)),
            ([], "ws", "/ws", .onlyByHost(["ws.localhost"])),
            ([], "default", "/x", .byDefault),
        ] as [([(String, String)], String, String, Reachability)])
    func knowsOtherRules(_ rules: [(String, String)], _ service: String, _ path: String, _ expected: Reachability)
        throws
    {
        #expect(try Self.reach(rules, service, path) == expected)
    }

    private static func reach(_ rules: [(String, String)], _ service: String, _ path: String) throws -> Reachability {
        try dispatcher(rules).canReach(service: service, template: try PathTemplate(path))
    }

    private static func dispatcher(_ rules: [(String, String)]) throws -> Dispatcher {
        Dispatcher(
            rules: try rules.map { DispatchRule(pattern: try DispatchPattern($0.0), service: $0.1) },
            app: AppIdentity(services: ["default", "add", "ws"].map { ServiceIdentity(name: $0) }))
    }

    /// A route said to be reachable only by host is indeed never reached under a foreign one.
    @Test func neverWarnsWithoutCause() throws {
        var random = SeededGenerator(seed: 11)
        let words = ["a", "b", "_ah", "api"]
        var warnings = 0
        for _ in 0..<600 {
            let rules = (0..<random.below(4)).map { _ in
                let path = (0..<1 + random.below(3)).map { _ in "/" + random.pick(words + [""]) }.joined()
                return (
                    random.pick(["*", "*", "h.test"]) + path + random.pick(["", "*"]),
                    random.pick(["add", "ws", "default"])
                )
            }
            let dispatcher = try Self.dispatcher(rules)
            var template = ""
            for number in 0..<1 + random.below(3) { template += "/" + random.pick(words + ["{p\(number)}"]) }
            template += random.pick(["", "/", "/{r...}"])
            let service = random.pick(["add", "ws", "default"])
            let reachability = dispatcher.canReach(service: service, template: try PathTemplate(template))
            var reached = false
            for _ in 0..<24 {
                let path = template.split(separator: "/", omittingEmptySubsequences: false).map { segment in
                    segment == "{r...}"
                        ? random.pick(words + ["", "a/b"])
                        : segment.hasPrefix("{") ? random.pick(words + ["apix", "c"]) : String(segment)
                }.joined(separator: "/")
                let host = random.pick(["h.test", "other.test"])
                reached = reached || dispatcher.explain(host: host, path: path).service == service
            }
            switch reachability {
            case .byRule, .byDefault: break
            case .onlyByHost, .unreachable:
                warnings += 1
                if reached { Issue.record("\(rules) \(service) \(template)") }
            }
        }
        #expect(warnings > 100)
    }
}
