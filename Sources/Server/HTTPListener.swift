package import NIOCore
import NIOPosix

/// Binds listeners and gives each connection to one of the event loops.
package enum HTTPListener {
    /// Accepts connections until the returned channel is closed.
    ///
    /// - Parameters:
    ///   - host: a name or an address; `::` for all interfaces, both families where the system allows it.
    ///   - contexts: one for each loop of `group`.
    /// - Throws: `IOError` when the address cannot be bound.
    package static func bind(
        host: String, port: Int, group: any EventLoopGroup, contexts: LoopContexts
    ) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let logger = contexts.context(for: channel.eventLoop).logger
                    try channel.pipeline.syncOperations.addHandler(AcceptPause(logger: logger))
                }
            }
            // Linux hands this down to the connections, which saves a call for each.
            .serverChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
                    let context = contexts.context(for: channel.eventLoop)
                    try channel.pipeline.syncOperations.addHandler(ConnectionHandler(loop: context, scheme: "http"))
                }
            }
            .bind(host: host, port: port)
            .get()
    }
}

/// The contexts of a group's event loops.
package struct LoopContexts: Sendable {
    package let all: [LoopContext]
    private let byLoop: [ObjectIdentifier: LoopContext]

    package init(_ all: [LoopContext]) {
        self.all = all
        byLoop = Dictionary(uniqueKeysWithValues: all.map { (ObjectIdentifier($0.loop), $0) })
    }

    func context(for loop: any EventLoop) -> LoopContext {
        guard let context = byLoop[ObjectIdentifier(loop)] else {
            preconditionFailure("a connection was given to an event loop of another group")
        }
        return context
    }

    /// Runs `body` on each loop with its context and returns what they gave, in order.
    package func onEach<Value: Sendable>(_ body: @escaping @Sendable (LoopContext) -> Value) async throws -> [Value] {
        var values: [Value] = []
        for context in all { values.append(try await context.loop.submit { body(context) }.get()) }
        return values
    }
}
