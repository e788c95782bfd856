internal import Diagnostics
internal import Routing

/// What can only be said of rules, services and routes together.
struct DispatchChecks {
    let context: LoadContext
    let rules: DispatchRules
    let app: AppIdentity

    /// Rules that name services which do not exist.
    func checkServices() {
        let known = app.services.map(\.name)
        for (name, mark) in rules.named where !known.contains(name) {
            let near = Suggestion.hint(for: name, in: known)
            context.error(
                .unknownService, at: mark, "there is no service '\(name)'",
                hint: near ?? "the services are " + known.joined(separator: ", "))
        }
    }

    /// Rules that can never match.
    func warnOfUnreachableRules() {
        for finding in DispatchRule.unreachableRules(rules.rules) {
            let pattern = rules.rules[finding.rule].pattern.text
            guard let cover = finding.coveredBy else {
                context.warn(
                    .unreachableRule, at: rules.urlMarks[finding.rule],
                    "'\(pattern)' never matches: paths below /_ah/ are reserved and skip the rules",
                    hint: "remove the rule")
                continue
            }
            context.warn(
                .unreachableRule, at: rules.urlMarks[finding.rule],
                "'\(pattern)' never matches: an earlier rule takes every such request",
                hint: "the first rule that matches wins, so put the narrower one first",
                notes: [.init(mark: rules.urlMarks[cover], message: "'\(rules.rules[cover].pattern.text)' stands here")]
            )
        }
    }

    /// Routes that somebody would look for in vain.
    func warnOfUnreachableRoutes(_ services: [ServiceConfiguration]) {
        let dispatcher = Dispatcher(rules: rules.rules, app: app)
        for service in services {
            for route in service.routes + service.channels {
                let how: String
                switch dispatcher.canReach(service: service.name, template: route.template) {
                case .byRule, .byDefault: continue
                case .onlyByHost(let hosts):
                    how = "it is reachable only under the host " + hosts.joined(separator: " or ")
                case .unreachable: how = "nothing else leads there either"
                }
                context.warn(
                    .unreachableRoute, at: route.mark,
                    "no dispatch rule leads to '\(route.template.text)' of the service '\(service.name)'; \(how)",
                    hint: hint(route, service.name))
            }
        }
    }

    private func hint(_ route: RouteConfiguration, _ service: String) -> String {
        var prefix = ""
        var isWhole = true
        for segment in route.template.segments {
            prefix += "/"
            guard case .literal(let text) = segment else {
                isWhole = false
                break
            }
            prefix += text
        }
        let rule = "{ url: \"*\(prefix)\(isWhole ? "" : "*")\", service: \(service) }"
        return rules.rules.isEmpty
            ? "add dispatch: with - \(rule)" : "add \(rule) to 'dispatch' where no earlier rule takes it"
    }
}
