import Routing
import Testing

@Suite struct DispatchVectorTests {
    private static let cases = try! Vectors.load("dispatch.json", as: Vectors.DispatchFile.self).cases

    @Test(arguments: cases)
    func decides(_ vector: Vectors.DispatchCase) throws {
        let dispatcher = try vector.dispatcher()
        for request in vector.requests {
            let explanation = dispatcher.explain(host: request.host, path: request.path)
            let decision = explanation.decision
            let note: Comment = "\(vector.id) \(request.host)\(request.path)"
            #expect(explanation.service == request.expectedService, note)
            #expect(decision.why.rawValue == request.why, note)
            #expect(decision.rule == request.rule, note)
            #expect(decision.version == request.version, note)
            #expect(decision.instance == request.instance.flatMap { Int($0) }, note)
        }
    }

    @Test(arguments: cases)
    func sendsTheRulesThatGcloudSends(_ vector: Vectors.DispatchCase) throws {
        let rules = try Vectors.rules(vector.yaml)
        #expect(rules.count == vector.adminRules.count)
        for (rule, expected) in zip(rules, vector.adminRules) {
            #expect(rule.pattern.adminRule == (expected.domain, expected.path))
            #expect(rule.service == expected.service)
        }
    }

    /// The vectors whose reason lies in a pattern or a name; the others are about YAML.
    @Test func refusesWhatGoogleRefuses() throws {
        let items = try Vectors.load("dispatch-validity.json", as: Vectors.ValidityFile.self).items
        var seen = 0
        for item in items where !item.valid {
            let reason = item.reason ?? ""
            if let kind = DispatchPatternError.Kind(rawValue: reason) {
                seen += 1
                let error = #expect(throws: DispatchPatternError.self, "\(item.id)") {
                    for pattern in Vectors.patterns(item.yaml) { _ = try DispatchPattern(pattern) }
                }
                #expect(error?.kind == kind, "\(item.id)")
            } else if reason == "service" {
                seen += 1
                #expect(Vectors.serviceNames(item.yaml).contains { ServiceName.problem($0) != nil }, "\(item.id)")
            }
        }
        #expect(seen >= 17)
    }
}
