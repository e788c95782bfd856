import ArgumentParser
import Diagnostics
import FoundationEssentials
import Gateway
import GatewayConfiguration
import Routing

struct RoutesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "routes", abstract: "Show what is served where, as a table.")

    @Argument(help: ArgumentHelp("The configuration file.", valueName: "routes.yaml"))
    var file = "routes.yaml"

    func run() throws {
        let preview = Preview(file: file, environment: ProcessInfo.processInfo.environment)
        complain(preview.renderer.render(preview.diagnostics))
        guard let snapshot = preview.snapshot, !preview.hasErrors else { throw ExitCode(1) }
        var table = TextTable(header: ["SERVICE", "METHODS", "PATH", "HANDLER", "REACHED BY", "SOURCE"])
        for service in snapshot.services {
            for endpoint in service.endpoints {
                let route = endpoint.configuration
                table.add([
                    service.name, route.methodsText, route.template.text,
                    (route.use.map(\.name) + [route.handler]).joined(separator: " > "),
                    reach(snapshot, service.name, route.template), "\(route.mark)",
                ])
            }
        }
        print(table.text(), terminator: "")
    }

    private func reach(_ snapshot: Snapshot, _ service: String, _ template: PathTemplate) -> String {
        switch snapshot.dispatcher.canReach(service: service, template: template) {
        case .byRule(let rule): "rule \(rule): \(snapshot.configuration.dispatch[rule].pattern.text)"
        case .byDefault: "default service"
        case .onlyByHost(let hosts): "host \(hosts.joined(separator: ", ")) only"
        case .unreachable: "nothing"
        }
    }
}

extension RouteConfiguration {
    /// `GET, POST`, `any`, or `WebSocket`.
    var methodsText: String {
        kind == .channel ? "WebSocket" : methods?.joined(separator: ", ") ?? "any"
    }
}
