import Routing
import Testing

@Suite struct HostRoutingTests {
    private static func dispatcher(_ rules: [(String, String)] = [], region: String? = "uc") throws -> Dispatcher {
        Dispatcher(
            rules: try rules.map { DispatchRule(pattern: try DispatchPattern($0.0), service: $0.1) },
            app: AppIdentity(
                project: "lab-1", region: region,
                customDomains: ["Shop.Example", "*.wild.example", "api.shop.example"],
                services: [
                    ServiceIdentity(name: "default", versions: ["v1", "v2", "9"]),
                    ServiceIdentity(name: "ws", versions: ["v1", "v2", "7"]),
                    ServiceIdentity(name: "worker", versions: ["w1"], instances: 2),
                ]))
    }

    /// SERVICE WHY [VERSION] [#INSTANCE], without rules.
    @Test(arguments: [
        ("lab-1.appspot.com", "default default"),
        ("LAB-1.appspot.com:443", "default default"),
        ("lab-1.appspot.com.", "default default"),
        ("lab-1.appspot.com.:8080", "default default"),
        ("lab-1.uc.r.appspot.com", "default default"),
        ("ws-dot-lab-1.appspot.com", "ws service"),
        ("ws-dot-lab-1.uc.r.appspot.com", "ws service"),
        ("ws.lab-1.uc.r.appspot.com", "ws service"),
        ("WS-DOT-LAB-1.APPSPOT.COM", "ws service"),
        ("ws-dot-lab-1.ew.r.appspot.com", "default default"),
        ("ws-dot-other.appspot.com", "default default"),
        ("xlab-1.appspot.com", "default default"),
        ("v2-dot-lab-1.appspot.com", "default version v2"),
        ("9-dot-lab-1.appspot.com", "default version 9"),
        ("default-dot-lab-1.appspot.com", "default service"),
        ("v2-dot-ws-dot-lab-1.appspot.com", "ws targeted v2"),
        ("v2-dot-ws-dot-lab-1.uc.r.appspot.com", "ws targeted v2"),
        ("3-dot-v2-dot-ws-dot-lab-1.appspot.com", "ws targeted v2 #3"),
        ("7-dot-ws-dot-lab-1.appspot.com", "ws targeted 7"),
        ("8-dot-ws-dot-lab-1.appspot.com", "ws targeted #8"),
        ("1-dot-worker-dot-lab-1.appspot.com", "worker targeted #1"),
        ("2-dot-worker-dot-lab-1.appspot.com", "default soft"),
        ("2-dot-w1-dot-worker-dot-lab-1.appspot.com", "default soft"),
        ("08-dot-ws-dot-lab-1.appspot.com", "default soft"),
        ("99999999999999999999-dot-ws-dot-lab-1.appspot.com", "default soft"),
        ("nosuch-dot-lab-1.appspot.com", "default soft"),
        ("v9-dot-ws-dot-lab-1.appspot.com", "default soft"),
        ("v1-dot-nosuch-dot-lab-1.appspot.com", "default soft"),
        ("x-dot-v1-dot-ws-dot-lab-1.appspot.com", "default soft"),
        ("0-dot-v9-dot-ws-dot-lab-1.appspot.com", "default soft"),
        ("a-dot-0-dot-v1-dot-ws-dot-lab-1.appspot.com", "default soft"),
        (".lab-1.appspot.com", "default soft"),
        ("shop.example", "default default"),
        ("ws.shop.example:80", "ws service"),
        ("v2.shop.example", "default version v2"),
        ("v2.ws.shop.example", "ws targeted v2"),
        ("0.v2.ws.shop.example", "ws targeted v2 #0"),
        ("nosuch.shop.example", "- notFound"),
        ("v1-dot-ws.shop.example", "- notFound"),
        ("v9.ws.shop.example", "- notFound"),
        ("a.b.c.d.shop.example", "- notFound"),
        ("api.shop.example", "default default"),
        ("ws.api.shop.example", "ws service"),
        ("wild.example", "default default"),
        ("ws.wild.example", "ws service"),
        ("localhost", "default default"),
        ("localhost:8080", "default default"),
        ("127.0.0.1:8080", "default default"),
        ("[::1]:8080", "default default"),
        ("ws.localhost:8080", "ws service"),
        ("WS.LocalHost.", "ws service"),
        ("v2.localhost", "default version v2"),
        ("v2.ws.localhost", "ws targeted v2"),
        ("0.v2.ws.localhost", "ws targeted v2 #0"),
        ("1.worker.localhost", "worker targeted #1"),
        ("v9.ws.localhost", "ws service"),
        ("0.v9.ws.localhost", "ws service"),
        ("nosuch.localhost", "default soft"),
        ("v1.nosuch.localhost", "default soft"),
        ("example.org", "default default"),
        ("notlocalhost", "default default"),
        ("", "default default"),
        (".", "default default"),
        (":", "default default"),
        ("::1", "default default"),
    ])
    func readsHosts(_ host: String, _ expected: String) throws {
        let dispatcher = try Self.dispatcher()
        #expect(Self.summary(dispatcher.explain(host: host, path: "/x")) == expected)
    }

    @Test(arguments: [
        ("ws-dot-lab-1.ew.r.appspot.com", "ws service"), ("lab-1.x.r.appspot.com", "default default"),
        ("v2-dot-ws-dot-lab-1.ew.r.appspot.com", "ws targeted v2"), ("lab-1.r.appspot.com", "default default"),
        ("nosuch.lab-1.ew.r.appspot.com", "default soft"),
    ])
    func takesAnyRegionIfNoneIsGiven(_ host: String, _ expected: String) throws {
        #expect(Self.summary(try Self.dispatcher(region: nil).explain(host: host, path: "/")) == expected)
    }

    @Test(arguments: [
        ("v2.ws.localhost", "/x", "ws targeted v2"),
        ("v2-dot-ws-dot-lab-1.appspot.com", "/_ah/x", "ws targeted v2"),
        ("8.ws.shop.example", "/x", "ws targeted #8"),
        ("ws.localhost", "/x", "worker rule"),
        ("v2.localhost", "/x", "worker rule"),
        ("nosuch.shop.example", "/x", "worker rule"),
        ("v9.ws.shop.example", "/x", "worker rule"),
        ("v9-dot-ws-dot-lab-1.appspot.com", "/x", "worker rule"),
        ("ws.localhost", "/_ah/warmup", "ws service"),
        ("v2.localhost", "/_ah/warmup", "default version v2"),
        ("nosuch.localhost", "/_ah/warmup", "default soft"),
        ("nosuch.shop.example", "/_ah/warmup", "- notFound"),
        ("localhost", "/_ah/warmup", "default reserved"),
        ("example.org", "/%5fah%2Fx", "worker rule"),
    ])
    func triesRulesBetweenTargetedHostsAndOthers(_ host: String, _ path: String, _ expected: String) throws {
        let dispatcher = try Self.dispatcher([("*/*", "worker")])
        #expect(Self.summary(dispatcher.explain(host: host, path: path)) == expected)
    }

    @Test func readsHostsWithoutAProject() {
        let dispatcher = Dispatcher(
            rules: [], app: AppIdentity(services: [ServiceIdentity(name: "default"), ServiceIdentity(name: "ws")]))
        #expect(Self.summary(dispatcher.explain(host: "ws-dot-lab-1.appspot.com", path: "/")) == "default default")
        #expect(Self.summary(dispatcher.explain(host: "ws.localhost", path: "/")) == "ws service")
    }

    @Test func addsServicesThatOnlyRulesName() throws {
        let rule = DispatchRule(pattern: try DispatchPattern("*/a*"), service: "add")
        let dispatcher = Dispatcher(rules: [rule], app: AppIdentity(services: [ServiceIdentity(name: "ws")]))
        #expect(dispatcher.services.map(\.name) == ["ws", "add", "default"])
        #expect(Self.summary(dispatcher.explain(host: "x.org", path: "/a")) == "add rule")
        #expect(Self.summary(dispatcher.explain(host: "x.org", path: "/b")) == "default default")
    }

    private static func summary(_ explanation: DispatchExplanation) -> String {
        let decision = explanation.decision
        var words = [explanation.service ?? "-", decision.why.rawValue]
        if let version = decision.version { words.append(version) }
        if let instance = decision.instance { words.append("#\(instance)") }
        return words.joined(separator: " ")
    }
}
