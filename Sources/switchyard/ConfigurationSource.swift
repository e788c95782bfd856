import ArgumentParser
import FoundationEssentials
import Gateway
import GatewayConfiguration

/// Which configuration a command looks at: a routes.yaml, or plain App Engine files.
struct ConfigurationSource: ParsableArguments {
    @Argument(help: ArgumentHelp("The configuration file.", valueName: "routes.yaml"))
    var file: String?

    @Option(help: ArgumentHelp("Instead of a routes.yaml: an App Engine dispatch.yaml.", valueName: "file"))
    var dispatch: String?

    @Option(
        help: ArgumentHelp(
            "Instead of a routes.yaml: an App Engine app.yaml; repeat for each service.", valueName: "file"))
    var app: [String] = []

    @Option(help: ArgumentHelp("With App Engine files: the project id.", valueName: "id"))
    var project: String?

    @Option(help: ArgumentHelp("With App Engine files: the region id, as in 'uc'.", valueName: "id"))
    var region: String?

    @Option(help: ArgumentHelp("With App Engine files: a custom domain; repeatable.", valueName: "domain"))
    var domain: [String] = []

    @Option(
        help: ArgumentHelp(
            "With App Engine files: a service's versions, 'v1' if not given; repeatable.",
            valueName: "service=v1,v2"))
    var versions: [String] = []

    private var isAppEngine: Bool { dispatch != nil || !app.isEmpty }

    func validate() throws {
        if isAppEngine, file != nil {
            throw ValidationError("give either a routes.yaml or App Engine files, not both")
        }
        if !isAppEngine, project != nil || region != nil || !domain.isEmpty || !versions.isEmpty {
            throw ValidationError("--project, --region, --domain and --versions go with --dispatch or --app")
        }
        _ = try parsedVersions()
    }

    func preview() throws -> Preview {
        guard isAppEngine else {
            return Preview(file: file ?? "routes.yaml", environment: ProcessInfo.processInfo.environment)
        }
        let options = AppEngineOptions(
            project: project, region: region, domains: domain, versions: try parsedVersions())
        return Preview(dispatch: dispatch, apps: app, options: options)
    }

    private func parsedVersions() throws -> [String: [String]] {
        var parsed: [String: [String]] = [:]
        for text in versions {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw ValidationError("--versions takes SERVICE=v1,v2, not '\(text)'") }
            parsed[parts[0], default: []] += parts[1].split(separator: ",").map(String.init)
        }
        return parsed
    }
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}
