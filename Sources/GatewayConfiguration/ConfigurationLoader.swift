internal import Diagnostics
internal import Routing
internal import YAMLDocument

/// Files → typed configuration, with every problem found in one pass.
package enum ConfigurationLoader {
    /// Reads a routes.yaml. Blocks on the file, and on those that `${file:}` names.
    /// - Parameter file: its path, which diagnostics repeat as given.
    package static func load(file: String, environment: [String: String], catalog: HandlerCatalog) -> LoadResult {
        do throws(FileProblem) {
            let source = try SourceText.read(file)
            return load(source, environment: environment, catalog: catalog)
        } catch {
            return unreadable(file, error, hint: "name the file to read: switchyard run path/to/routes.yaml")
        }
    }

    /// The same of a text in memory, whose `file` need not exist.
    package static func load(
        _ source: SourceText, environment: [String: String] = [:], catalog: HandlerCatalog
    ) -> LoadResult {
        let context = LoadContext(environment: environment, catalog: catalog)
        let root = context.parse(source, anchors: .allowed)
        let configuration = configuration(root, source.file, context)
        return context.result(files: [source.file], configuration)
    }

    private static func configuration(_ root: YAMLNode?, _ file: String, _ context: LoadContext)
        -> GatewayConfiguration?
    {
        guard let root, !root.isNull else {
            if !context.hasErrors {
                context.error(
                    .noRoutes, at: SourceMark(file: file, line: 1, column: 1), "the file is empty",
                    hint: "begin with routes: and - { path: /, handler: … }")
            }
            return nil
        }
        let reader = NodeReader(context, directory: PathText.directory(of: file))
        guard let top = reader.fields(root, ConfigurationSchema.top, of: "routes.yaml") else { return nil }
        var result = GatewayConfiguration(file: file, directory: PathText.directory(of: file), app: AppIdentity())
        result.listeners = reader.listeners(top["listen"])
        result.bus = reader.bus(top["bus"])
        result.limits = reader.limits(top["limits"], inherited: Limits(), isTop: true)
        result.timeouts = reader.timeouts(top["timeouts"], inherited: Timeouts(), isTop: true)
        result.health = reader.health(top["health"])
        result.accessLog = reader.accessLog(top["access_log"])
        result.services = ServicesReader(
            reader,
            Inherited(
                limits: result.limits, timeouts: result.timeouts,
                use: UseReader(reader).steps(top["use"], scope: "file"))
        ).all(top)
        result.app = application(top["appengine"], result.services, reader)
        let rules = DispatchReader(reader).rules(top["dispatch"])
        check(rules, result, context)
        result.dispatch = rules.rules
        result.dispatchMarks = rules.marks
        result.secrets = context.secrets.sorted()
        return result
    }

    /// The identity, with the services that the file defines and their versions.
    private static func application(
        _ node: YAMLNode?, _ services: [ServiceConfiguration], _ reader: NodeReader
    ) -> AppIdentity {
        var (app, versions) = reader.application(node)
        app.services = services.map { ServiceIdentity(name: $0.name) }
        for entry in versions {
            let ids = reader.versions(entry.value)
            if let index = app.services.firstIndex(where: { $0.name == entry.key }) {
                if !ids.isEmpty { app.services[index].versions = ids }
            } else {
                let near = Suggestion.hint(for: entry.key, in: services.map(\.name))
                reader.context.error(
                    .unknownService, at: entry.keyMark, "there is no service '\(entry.key)'",
                    hint: near ?? "define it under 'services'")
            }
        }
        return app
    }

    private static func check(_ rules: DispatchRules, _ configuration: GatewayConfiguration, _ context: LoadContext) {
        let checks = DispatchChecks(context: context, rules: rules, app: configuration.app)
        checks.checkServices()
        checks.warnOfUnreachableRules()
        // With a rule missing for its own fault, routes would seem lost that are not.
        guard !context.hasErrors else { return }
        checks.warnOfUnreachableRoutes(configuration.services)
    }

    static func unreadable(_ file: String, _ problem: FileProblem, hint: String) -> LoadResult {
        let context = LoadContext()
        context.error(.fileUnreadable, at: nil, "\(file) cannot be read: \(problem.message)", hint: hint)
        return context.result(files: [], nil)
    }
}

/// Paths of files.
enum PathText {
    /// What stands before the last `/`; `.` if nothing does.
    static func directory(of file: String) -> String {
        guard let slash = file.lastIndex(of: "/") else { return "." }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }

    /// A path as seen from a folder.
    static func resolved(_ path: String, in directory: String) -> String {
        path.hasPrefix("/") || directory == "." ? path : directory + "/" + path
    }
}
