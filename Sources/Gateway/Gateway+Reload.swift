import Diagnostics
import GatewayConfiguration
import Logging
import Messaging
import NATSClient
import NIOCore
import PluginKit
import Server

extension Gateway {
    /// Builds the next snapshot from the file and swaps it in, or leaves everything as it is.
    ///
    /// Requests under way and sockets of unchanged routes live on. Sockets of removed routes, and of routes whose
    /// origins or guards changed, close now with 1012; those of routes that changed otherwise close when the drain
    /// time is over.
    /// - Returns: whether the new configuration is in force.
    @discardableResult
    package func reload() async -> Bool {
        let before = turn
        let mine = Task {
            _ = await before?.value
            return await self.reloadNow()
        }
        turn = mine
        return await mine.value
    }

    private func reloadNow() async -> Bool {
        guard let before = running, !isStopping else { return false }
        do {
            let (configuration, renderer) = try load()
            let builder = SnapshotBuilder(
                catalog: catalog, bus: before.bus, logger: before.logger, onlyService: options.service,
                shared: shared)
            let (built, diagnostics) = builder.build(configuration, previous: before.snapshot)
            guard let snapshot = built else { throw StartFailure(description: renderer.render(diagnostics)) }
            let fresh = snapshot.instances.filter { before.snapshot.instances[$0.key] == nil }.map(\.value)
            let listeners = try await bind(configuration.listeners, keeping: before.listeners)
            do {
                for instance in fresh { try await start(instance) }
            } catch {
                for instance in fresh { await instance.lifecycle.stop() }
                for (address, channel) in listeners where before.listeners[address] == nil {
                    try? await channel.close()
                }
                throw error
            }
            mask.use(renderer)
            await install(snapshot, listeners)
            return true
        } catch {
            let reason = (error as? StartFailure)?.description ?? "error: \(error)\n"
            before.logger.error("reload refused, the old configuration stays in force")
            writeEvent(reason)
            return false
        }
    }

    private func install(_ snapshot: Snapshot, _ listeners: [String: any Channel]) async {
        guard let before = running else { return }
        let old = before.snapshot
        var change = SnapshotChange(from: old, to: snapshot)
        change.addEarlier(before.closing)
        running?.snapshot = snapshot
        running?.listeners = listeners
        let limits = ConnectionLimits(snapshot.configuration)
        let readiness = before.readiness
        before.budget.set(limit: snapshot.configuration.limits.connections)
        for (identity, policies) in change.closesLater { running?.closing[identity, default: []] += policies }
        _ = try? await before.contexts.onEach { [change] context in
            context.install(router: SnapshotRouter(snapshot: snapshot, readiness: readiness), limits: limits)
            return context.closeSockets(of: change.closesNow, "the route is gone")
                + context.closeSockets(of: change.tightened, "the route lets others in now")
        }
        for (address, channel) in before.listeners where listeners[address] == nil { try? await channel.close() }
        report(change, before.logger)
        let unused = old.instances.filter { snapshot.instances[$0.key] == nil }.map(\.value)
        if unused.isEmpty, change.closesLater.isEmpty { return }
        running?.retired.append(contentsOf: unused)
        let drain = snapshot.configuration.timeouts.drain
        Task { [change] in
            try? await Task.sleep(for: drain)
            await self.retire(unused, closing: change.closesLater)
        }
    }

    /// The drain time of a reload is over: what it left behind goes.
    private func retire(_ instances: [HandlerInstance], closing later: [RouteIdentity: [RoutePolicy]]) async {
        guard let running, !isStopping else { return }
        for (identity, policies) in later {
            self.running?.closing[identity]?.removeAll { policy in policies.contains { $0 === policy } }
            if self.running?.closing[identity]?.isEmpty == true { self.running?.closing[identity] = nil }
        }
        let policies = later.values.flatMap { $0 }
        _ = try? await running.contexts.onEach { context in
            context.closeSockets(of: policies, "the route has changed")
        }
        for instance in instances where running.snapshot.instances[instance.key] !== instance {
            await instance.lifecycle.drain()
            await instance.lifecycle.stop()
        }
        self.running?.retired.removeAll { candidate in instances.contains { $0 === candidate } }
    }

    private func report(_ change: SnapshotChange, _ logger: Logger) {
        for line in change.lines { logger.info("reload: \(line)") }
        logger.info(
            "reloaded",
            metadata: [
                "kept": "\(change.kept)", "added": "\(change.added)", "changed": "\(change.changed)",
                "removed": "\(change.removed)",
            ])
    }

    // MARK: The end

    /// Drains: stops accepting, lets requests finish, closes sockets with 1001, then stops handlers and bus.
    ///
    /// - Returns: how many connections were cut because the drain time was over.
    @discardableResult
    package func stop() async -> Int {
        guard !isStopping else { return 0 }
        isStopping = true
        _ = await turn?.value
        guard let running else { return 0 }
        running.readiness.beginDrain()
        running.logger.info("draining")
        for channel in running.listeners.values { try? await channel.close() }
        _ = try? await running.contexts.onEach { $0.beginDrain() }
        let instances = Array(running.snapshot.instances.values) + running.retired
        for instance in instances { await instance.lifecycle.drain() }
        let deadline = ContinuousClock.now + running.snapshot.configuration.timeouts.drain
        while await openConnections(running) > 0, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(10))
        }
        let cut = (try? await running.contexts.onEach { $0.cutConnections() })?.reduce(0, +) ?? 0
        for instance in instances { await instance.lifecycle.stop() }
        if let bus = running.bus as? NATSBus { await bus.connection.close() }
        await logTotals(running, cut: cut)
        try? await running.group.shutdownGracefully()
        flushLogs()
        return cut
    }

    /// What the process did, and what it dropped by policy.
    private func logTotals(_ running: Running, cut: Int) async {
        let figures = await figures(running)
        let (loops, fanOut) = (figures.loops, figures.loops.fanOut)
        var totals = [
            "cut": cut, "connections": loops.connectionsAccepted, "connections_refused": figures.connectionsRefused,
            "requests": loops.requests, "sockets": loops.socketsOpened, "event_streams": loops.eventStreamsOpened,
            "slow_consumers_closed": fanOut.slowConsumersClosed, "messages_dropped": fanOut.messagesDropped,
            "messages_overrun": fanOut.messagesOverrun, "publishers_blocked": fanOut.publishersBlocked, "replays_failed": fanOut.replaysFailed,
            "heads_refused": loops.refusedHeads, "handler_failures": loops.handlerFailures,
            "late_answers": loops.lateCompletions, "messages_refused": loops.messagesRefused,
            "log_lines_dropped": figures.logLinesDropped,
        ]
        if let nats = figures.nats {
            totals["publishes_refused"] = Int(nats.refused)
            totals["publishes_maybe_lost"] = Int(nats.maybeLost)
        }
        running.logger.info("stopped", metadata: totals.mapValues { "\($0)" })
    }

    func figures(_ running: Running) async -> GatewayFigures {
        var figures = GatewayFigures()
        for loop in (try? await running.contexts.onEach({ LoopFigures($0) })) ?? [] { figures.add(loop) }
        figures.connectionsRefused = running.budget.refusedCount
        figures.feeds = running.hub.subscriptionCount
        figures.logLinesDropped = droppedLogLines
        figures.isBusUp = running.bus.isAvailable
        figures.nats = (running.bus as? NATSBus)?.connection.statistics
        return figures
    }

    private func openConnections(_ running: Running) async -> Int {
        (try? await running.contexts.onEach { $0.connectionCount })?.reduce(0, +) ?? 0
    }
}
