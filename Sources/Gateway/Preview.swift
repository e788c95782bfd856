package import Diagnostics
package import GatewayConfiguration
import Logging
import Messaging

/// A configuration as far as it can be known without serving: read, checked, compiled, its handlers made but not started.
///
/// `check`, `routes` and `explain` stand on it, so they cannot disagree with the live server, which is built the same way.
package struct Preview: Sendable {
    /// nil if there is any error.
    package var snapshot: Snapshot?
    package var diagnostics: [Diagnostic]
    package var renderer: DiagnosticRenderer
    /// False for plain App Engine files, where only dispatch is known.
    package var hasBackends: Bool

    /// Of a routes.yaml. Blocks on files.
    package init(file: String, environment: [String: String], service: String? = nil) {
        self.init(
            ConfigurationLoader.load(file: file, environment: environment, catalog: BuiltInPlugins.catalog),
            service: service, hasBackends: true)
    }

    /// Of App Engine's own files. Blocks on files.
    package init(dispatch: String?, apps: [String], options: AppEngineOptions) {
        self.init(
            ConfigurationLoader.loadAppEngine(dispatch: dispatch, apps: apps, options: options),
            service: nil, hasBackends: false)
    }

    private init(_ result: LoadResult, service: String?, hasBackends: Bool) {
        self.hasBackends = hasBackends
        diagnostics = result.diagnostics
        renderer = result.renderer
        guard let configuration = result.configuration else { return }
        let logger = Logger(label: "switchyard") { _ in SwiftLogNoOpLogHandler() }
        let builder = SnapshotBuilder(
            catalog: BuiltInPlugins.catalog, bus: EmbeddedBus(), logger: logger, onlyService: service)
        let (built, problems) = builder.build(configuration)
        snapshot = built
        diagnostics += problems
    }

    package var hasErrors: Bool { snapshot == nil || diagnostics.contains { $0.severity == .error } }
}
