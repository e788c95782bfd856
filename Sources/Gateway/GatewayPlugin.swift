import PluginKit
import Synchronization

/// Handlers that show the gateway itself.
enum GatewayPlugin: Plugin {
    static let name = "gateway"
    static let handlers = [
        HandlerDeclaration(
            name: "gateway.metrics",
            summary: "Counters and gauges of the gateway, in the text format of Prometheus.",
            make: .http { _, context in MetricsHandler(GatewayMonitor.of(context.shared)) })
    ]
}

/// Where handlers ask what the gateway has done; it answers once it has started.
final class GatewayMonitor: Sendable {
    typealias Source = @Sendable () async -> GatewayFigures

    private let source = Mutex<Source?>(nil)

    static func of(_ shared: SharedObjects) -> GatewayMonitor {
        shared.object(GatewayMonitor.self) { GatewayMonitor() }
    }

    func begin(_ source: @escaping Source) { self.source.withLock { $0 = source } }

    func figures() async -> GatewayFigures? { await source.withLock { $0 }?() }
}
