import Diagnostics
import Gateway
import GatewayConfiguration
import Routing

extension RequestExplanation {
    /// Whether something serves the request: a handler, or the gateway itself with other than an error.
    var isRouted: Bool { (status ?? 200) < 400 }

    var json: JSON {
        let decision = dispatch.decision
        return .object([
            ("service", .optional(dispatch.service)),
            ("version", .optional(decision.version)),
            ("instance", .optional(decision.instance.map(String.init))),
            ("why", .string(decision.why.rawValue)),
            ("rule", .optional(decision.rule)),
            ("handler", .optional(handler)),
            ("parameters", .object(parameters.map { ($0.name, .string($0.value)) })),
            ("source", .optional(source?.description)),
            ("status", .optional(status)),
        ] + (use.isEmpty ? [] : [("use", .array(use.map { .string($0) }))]))
    }

    func text(_ request: ExplainedRequest, _ snapshot: Snapshot) -> String {
        let handshake = request.wantsSocket ? "  (WebSocket handshake)" : ""
        let host = dispatch.host.name.isEmpty ? "(none)" : dispatch.host.name
        var out = "\(request.method) \(request.scheme)://\(request.host)\(request.target)\(handshake)\n\n"
        out += "dispatch: host \(host) (\(dispatch.host.family.rawValue)), path \(dispatch.decodedPath)\n"
        out += rulesText(snapshot)
        out += "service: \(dispatch.service ?? "none") (\(dispatch.decision.why.inWords))\n"
        if let version = dispatch.decision.version { out += "version: \(version)\n" }
        if let instance = dispatch.decision.instance { out += "instance: \(instance)\n" }
        if !trials.isEmpty { out += "\nroutes of \(dispatch.service ?? ""):\n" + trialsText }
        out += "\n"
        if !use.isEmpty { out += "use: \(use.joined(separator: ", "))\n" }
        if let handler { out += "handler: \(handler)\n" }
        for (name, value) in parameters { out += "parameter: \(name) = \(value)\n" }
        if let status { out += "answer: \(status)\(note.map { ", \($0)" } ?? "")\n" }
        if let source { out += "source: \(source)\n" }
        return out
    }

    private func rulesText(_ snapshot: Snapshot) -> String {
        var table = TextTable()
        for trial in dispatch.trials {
            let rule = snapshot.dispatcher.rules[trial.rule]
            let marks = snapshot.configuration.dispatchMarks
            table.add([
                "rule \(trial.rule)", rule.pattern.text, "-> \(rule.service)", trial.outcome.inWords,
                marks.indices.contains(trial.rule) ? "\(marks[trial.rule])" : "",
            ])
        }
        return table.text(indent: "  ")
    }

    private var trialsText: String {
        var table = TextTable()
        for trial in trials {
            let outcome: String =
                switch trial.outcome {
                case .won: "won"
                case .lessSpecific(let winner): "fits, but \(template(of: winner) ?? "another") is more specific"
                case .methodDiffers: "has another method"
                case .pathDiffers(let segment): "path differs at segment \(segment + 1)"
                }
            let route = trial.route
            table.add([route.template.text, route.methodsText, route.handler, outcome, "\(route.mark)"])
        }
        return table.text(indent: "  ")
    }

    private func template(of trial: Int) -> String? {
        trials.indices.contains(trial) ? trials[trial].route.template.text : nil
    }
}

extension DispatchExplanation.Outcome {
    fileprivate var inWords: String {
        switch self {
        case .matched: "matched"
        case .hostDiffers: "host differs"
        case .pathDiffers: "path differs"
        case .reserved: "not tried: /_ah/ is reserved"
        case .targeted: "not tried: the host names a version or instance"
        case .notReached(let winner): "not reached: rule \(winner) won"
        }
    }
}

extension DispatchDecision.Why {
    fileprivate var inWords: String {
        switch self {
        case .rule: "a dispatch rule matched"
        case .default: "no rule matched and the host names no service"
        case .reserved: "reserved paths skip the rules"
        case .service: "the host names the service"
        case .version: "the host names a version of default"
        case .targeted: "the host names a version or instance of the service"
        case .soft: "the host names something unknown, so default"
        case .notFound: "the host names something unknown on a custom domain"
        }
    }
}
