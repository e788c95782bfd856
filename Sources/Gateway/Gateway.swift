import CPlatform
import Diagnostics
package import GatewayConfiguration
import Glibc
import Logging
import Messaging
import NATSClient
import NIOCore
import NIOPosix
import PluginKit
import Server

/// The running gateway: listeners, event loops, the bus, and the snapshot that all of them serve.
///
/// `start` → any number of `reload` → `stop`. Reloads and the stop take turns: each begins when the one before is over.
package actor Gateway {
    let options: GatewayOptions
    let catalog: HandlerCatalog
    private let accessSink = LogSink(descriptor: STDOUT_FILENO)
    private let eventSink = LogSink(descriptor: STDERR_FILENO)
    let mask = SecretMask()
    let shared = SharedObjects()

    var running: Running?
    var isStopping = false
    /// The last reload that was asked for.
    var turn: Task<Bool, Never>?

    package init(options: GatewayOptions, catalog: HandlerCatalog = BuiltInPlugins.catalog) {
        self.options = options
        self.catalog = catalog
    }

    /// What exists once the gateway has started.
    struct Running {
        let group: MultiThreadedEventLoopGroup
        let contexts: LoopContexts
        let bus: any Bus
        let hub: Hub
        let readiness: Readiness
        let budget: ConnectionBudget
        let logger: Logger
        var snapshot: Snapshot
        /// By the address asked for.
        var listeners: [String: any Channel]
        /// Instances no route uses any more, still serving what they had.
        var retired: [HandlerInstance] = []
        /// Policies of routes that have changed and whose sockets wait for the end of the drain time.
        var closing: [RouteIdentity: [RoutePolicy]] = [:]
    }

    /// Where the gateway can be reached, `http://127.0.0.1:8080`.
    package var addresses: [String] {
        (running?.listeners.values.compactMap(\.localAddress) ?? []).map { address in
            let host = address.ipAddress ?? ""
            return "http://\(host.contains(":") ? "[\(host)]" : host):\(address.port ?? 0)"
        }.sorted()
    }

    package var snapshot: Snapshot? { running?.snapshot }

    /// Loads the file, starts handlers and bus, and listens.
    package func start() async throws(StartFailure) {
        let (configuration, renderer) = try load()
        mask.use(renderer)
        let logger = makeLogger(configuration)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: options.loops ?? Int(cplatform_usable_processors()))
        let bus = makeBus(configuration, group: group, logger: logger)
        var started: [HandlerInstance] = []
        do {
            let builder = SnapshotBuilder(
                catalog: catalog, bus: bus, logger: logger, onlyService: options.service, shared: shared)
            let (built, diagnostics) = builder.build(configuration)
            guard let snapshot = built else { throw StartFailure(description: renderer.render(diagnostics)) }
            try await connect(bus, isRequired: configuration.bus.isRequired)
            for instance in snapshot.instances.values {
                try await start(instance)
                started.append(instance)
            }
            let readiness = Readiness(bus: bus)
            let budget = ConnectionBudget(limit: configuration.limits.connections)
            let hub = Hub(bus: bus)
            let contexts = try await makeContexts(snapshot, group, hub, readiness, budget, logger)
            running = Running(
                group: group, contexts: contexts, bus: bus, hub: hub, readiness: readiness, budget: budget, logger: logger,
                snapshot: snapshot, listeners: [:])
            let listeners = try await bind(configuration.listeners, keeping: [:])
            running?.listeners = listeners
            GatewayMonitor.of(shared).begin { [weak self] in await self?.figures() ?? GatewayFigures() }
        } catch {
            for instance in started { await instance.lifecycle.stop() }
            await (bus as? NATSBus)?.connection.close()
            try? await group.shutdownGracefully()
            throw error as? StartFailure ?? StartFailure(description: "error: \(error)\n")
        }
    }

    private func figures() async -> GatewayFigures {
        guard let running else { return GatewayFigures() }
        return await figures(running)
    }

    // MARK: Parts

    /// The configuration with what command line and environment override.
    /// - Throws: the rendered diagnostics, if any is an error.
    func load() throws(StartFailure) -> (GatewayConfiguration, DiagnosticRenderer) {
        let result = ConfigurationLoader.load(file: options.file, environment: options.environment, catalog: catalog)
        let applied = result.configuration?.applying(listen: options.listen, environment: options.environment)
        let diagnostics = result.diagnostics + (applied?.diagnostics ?? [])
        let report = result.renderer.render(diagnostics)
        guard let applied, !diagnostics.contains(where: { $0.severity == .error }) else {
            // The handlers' complaints belong to the same report.
            let preview = Preview(file: options.file, environment: options.environment, service: options.service)
            throw StartFailure(description: preview.renderer.render(preview.diagnostics + (applied?.diagnostics ?? [])))
        }
        writeEvent(report)
        return (applied.configuration, result.renderer)
    }

    private func makeLogger(_ configuration: GatewayConfiguration) -> Logger {
        let usesJSON = configuration.accessLog == .json
        let (sink, mask) = (eventSink, mask)
        return Logger(label: "switchyard") { label in
            GatewayLogHandler(label: label, level: .info, usesJSON: usesJSON, sink: sink) { mask.apply(to: $0) }
        }
    }

    private func makeBus(_ configuration: GatewayConfiguration, group: any EventLoopGroup, logger: Logger) -> any Bus {
        NATSBus(configuration.bus, eventLoop: group.next(), logger: logger) ?? EmbeddedBus()
    }

    private func connect(_ bus: any Bus, isRequired: Bool) async throws {
        guard let bus = bus as? NATSBus else { return }
        bus.connection.start()
        let deadline = ContinuousClock.now + .seconds(isRequired ? 5 : 1)
        while !bus.isAvailable, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        if isRequired, !bus.isAvailable {
            throw StartFailure(description: "error: the bus cannot be reached, and bus.required is set\n")
        }
    }

    func start(_ instance: HandlerInstance) async throws {
        do {
            try await instance.lifecycle.start()
        } catch {
            throw StartFailure(description: "error: handler '\(instance.key.handler)' did not start: \(error)\n")
        }
    }

    private func makeContexts(
        _ snapshot: Snapshot, _ group: MultiThreadedEventLoopGroup, _ hub: Hub, _ readiness: Readiness,
        _ budget: ConnectionBudget, _ logger: Logger
    ) async throws -> LoopContexts {
        let configuration = snapshot.configuration
        let limits = ConnectionLimits(configuration)
        let accessLog = AccessLog.Format(rawValue: configuration.accessLog.rawValue)
            .map { AccessLog(format: $0, sink: accessSink) }
        var contexts: [LoopContext] = []
        for (index, loop) in Array(group.makeIterator()).enumerated() {
            let context = try await loop.submit {
                LoopContext(
                    loop: loop, index: index, hub: LoopHub(hub: hub, loop: loop),
                    router: SnapshotRouter(snapshot: snapshot, readiness: readiness), limits: limits,
                    budget: budget, accessLog: accessLog, logger: logger)
            }.get()
            contexts.append(context)
        }
        return LoopContexts(contexts)
    }

    /// Listens on every address; those in `keeping` are taken over as they are.
    func bind(
        _ listeners: [Listener], keeping old: [String: any Channel]
    ) async throws -> [String: any Channel] {
        guard let running else { return [:] }
        var bound: [String: any Channel] = [:]
        do {
            for listener in listeners {
                if let channel = old[listener.address] {
                    bound[listener.address] = channel
                } else {
                    bound[listener.address] = try await HTTPListener.bind(
                        host: listener.host, port: listener.port, group: running.group, contexts: running.contexts)
                }
            }
        } catch {
            for (address, channel) in bound where old[address] == nil { try? await channel.close() }
            let next = listeners.first { bound[$0.address] == nil }
            throw StartFailure(
                description: "\(next?.mark.map { "\($0): " } ?? "")error: cannot listen on \(next?.address ?? ""): "
                    + "\(Self.reason(error)) [\(DiagnosticCode.addressInUse.rawValue)]\n")
        }
        return bound
    }

    private static func reason(_ error: any Error) -> String {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE: "another process uses the port; stop it, or choose another with --listen or PORT"
        case EACCES: "not allowed; ports below 1024 need privileges"
        case EADDRNOTAVAIL: "this machine has no such address"
        case let code?: String(cString: strerror(code))
        case nil: "\(error)"
        }
    }

    /// Text for whoever reads the log, as it is: rendered diagnostics.
    func writeEvent(_ text: String) { eventSink.write(text.utf8) }

    var droppedLogLines: Int { accessSink.droppedLines + eventSink.droppedLines }

    func flushLogs() {
        accessSink.flush()
        eventSink.flush()
    }
}

extension ConnectionLimits {
    init(_ configuration: GatewayConfiguration) {
        self.init()
        head = configuration.limits.head
        requestLine = configuration.limits.line
        fields = configuration.limits.fields
        backlog = configuration.limits.backlog
        header = configuration.timeouts.header.wholeSeconds
        idle = configuration.timeouts.idle.wholeSeconds
    }
}
