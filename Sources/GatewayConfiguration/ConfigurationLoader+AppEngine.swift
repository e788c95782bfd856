internal import Diagnostics
internal import Routing
internal import YAMLDocument

/// What App Engine's own files do not say, from the command line.
package struct AppEngineOptions: Sendable {
    package var project: String?
    package var region: String?
    /// Custom domains.
    package var domains: [String]
    /// Version ids by service, `v1` where nothing is said; the first has the traffic.
    package var versions: [String: [String]]

    package init(
        project: String? = nil, region: String? = nil, domains: [String] = [], versions: [String: [String]] = [:]
    ) {
        self.project = project
        self.region = region
        self.domains = domains
        self.versions = versions
    }
}

extension ConfigurationLoader {
    /// Reads a dispatch.yaml and app.yaml files. Blocks on them.
    ///
    /// Without app files the services are those the rules name, and `default`; whether they exist is not checked.
    package static func loadAppEngine(
        dispatch: String?, apps: [String], options: AppEngineOptions = AppEngineOptions()
    ) -> LoadResult {
        let context = LoadContext()
        func read(_ file: String) -> SourceText? {
            do throws(FileProblem) {
                return try SourceText.read(file)
            } catch {
                context.error(
                    .fileUnreadable, at: nil, "\(file) cannot be read: \(error.message)", hint: "check the path")
                return nil
            }
        }
        return loadAppEngine(
            dispatch: dispatch.flatMap(read), apps: apps.compactMap(read), options: options, context)
    }

    /// The same of texts in memory.
    /// - Parameter services: services known to exist besides those of `apps`; nil if nobody knows.
    package static func loadAppEngine(
        dispatch: SourceText?, apps: [SourceText], services: [String]? = nil,
        options: AppEngineOptions = AppEngineOptions()
    ) -> LoadResult {
        loadAppEngine(dispatch: dispatch, apps: apps, services: services, options: options, LoadContext())
    }

    private static func loadAppEngine(
        dispatch: SourceText?, apps: [SourceText], services: [String]? = nil, options: AppEngineOptions,
        _ context: LoadContext
    ) -> LoadResult {
        let root = dispatch.flatMap { context.parse($0, anchors: .refused) }
        let rules = DispatchReader(NodeReader(context, directory: ".")).file(root)
        let found = AppFileReader(context).services(apps)
        let areKnown = !apps.isEmpty || services != nil
        var app = AppIdentity(project: options.project, region: options.region)
        app.customDomains = domains(options.domains, context)
        app.services = found
        let more = areKnown ? services ?? [] : ["default"] + rules.rules.map(\.service) + options.versions.keys.sorted()
        for name in more where !app.services.contains(where: { $0.name == name }) {
            app.services.append(ServiceIdentity(name: name))
        }
        setVersions(options.versions, &app, context)
        let checks = DispatchChecks(context: context, rules: rules, app: app)
        // A file that could not be read may have defined what seems to be missing.
        let areComplete = found.count == apps.count && !context.diagnostics.contains { $0.code == .fileUnreadable }
        if areKnown, areComplete {
            checkDefault(app, dispatch?.file ?? apps.first?.file, context)
            checks.checkServices()
        }
        checks.warnOfUnreachableRules()
        let directory = (dispatch?.file ?? apps.first?.file).map(PathText.directory) ?? "."
        let configuration = GatewayConfiguration(
            file: dispatch?.file ?? apps.first?.file ?? "", directory: directory, app: app,
            services: app.services.map { ServiceConfiguration(name: $0.name) }, dispatch: rules.rules,
            dispatchMarks: rules.marks)
        return context.result(files: ([dispatch].compactMap(\.self) + apps).map(\.file), configuration)
    }

    private static func checkDefault(_ app: AppIdentity, _ file: String?, _ context: LoadContext) {
        guard !app.services.contains(where: { $0.name == "default" }) else { return }
        let known = app.services.map(\.name).joined(separator: ", ")
        context.error(
            .noDefaultService, at: file.map { SourceMark(file: $0, line: 1, column: 1) },
            "the application has no service called 'default'",
            hint: known.isEmpty ? "add its app.yaml" : "add its app.yaml; there are only: \(known)")
    }

    private static func domains(_ texts: [String], _ context: LoadContext) -> [String] {
        texts.compactMap { text in
            if let domain = DomainText.normal(text) { return domain }
            context.error(
                .badValue, at: nil, "'\(text)' is not a domain name", hint: "write a bare name such as example.com")
            return nil
        }
    }

    private static func setVersions(_ versions: [String: [String]], _ app: inout AppIdentity, _ context: LoadContext) {
        for (name, ids) in versions.sorted(by: { $0.key < $1.key }) {
            for id in ids {
                guard let problem = VersionName.problem(id) else { continue }
                context.error(
                    .badValue, at: nil, "the version id '\(id)' \(problem)",
                    hint: "use lower-case letters, digits and inner hyphens")
            }
            if let index = app.services.firstIndex(where: { $0.name == name }) {
                if !ids.isEmpty { app.services[index].versions = ids }
            } else {
                let near = Suggestion.hint(for: name, in: app.services.map(\.name))
                context.error(
                    .unknownService, at: nil, "versions are given for '\(name)', but there is no such service",
                    hint: near ?? "add its app.yaml")
            }
        }
    }
}
