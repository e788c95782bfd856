package import Diagnostics
package import GatewayConfiguration
import Logging
import Messaging

/// A configuration as far as it can be known without serving: read, checked, compiled, handlers made but not started.
///
/// `check`, `routes` and `explain` stand on it, so they cannot disagree with the live server, which is built the same
/// way.
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
        guard let configuration = result.partial else { return }
        let logger = Logger(label: "switchyard") { _ in SwiftLogNoOpLogHandler() }
        let builder = SnapshotBuilder(
            catalog: BuiltInPlugins.catalog, bus: EmbeddedBus(), logger: logger, onlyService: service)
        let (built, problems) = builder.build(configuration)
        snapshot = result.hasErrors ? nil : built
        diagnostics = (diagnostics + problems).inOrder
    }

    package var hasErrors: Bool { snapshot == nil || diagnostics.contains { $0.severity == .error } }
}

extension [Diagnostic] {
    /// Those without a place first, then line by line; files in the order in which they first occur.
    fileprivate var inOrder: [Diagnostic] {
        let files = compactMap(\.mark?.file)
        func key(_ item: (offset: Int, element: Diagnostic)) -> (Int, Int, Int, Int) {
            guard let mark = item.element.mark else { return (-1, 0, 0, item.offset) }
            return (files.firstIndex(of: mark.file) ?? 0, mark.line, mark.column, item.offset)
        }
        return enumerated().sorted { key($0) < key($1) }.map(\.element)
    }
}
