import NIOCore
import NIOPosix
import Synchronization

/// Passes TCP bytes on to a port of 127.0.0.1, until it swallows them.
final class FaultyProxy: Sendable {
    private let listener: any Channel
    private let isSwallowing: Switch

    /// Connections taken so far.
    let accepted: Collected<any Channel>

    static func start(to port: Int) async throws -> FaultyProxy {
        let (accepted, isSwallowing) = (Collected<any Channel>(), Switch())
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                accepted.append(client)
                return ClientBootstrap(group: client.eventLoop)
                    .channelInitializer { server in
                        server.eventLoop.makeCompletedFuture {
                            try server.pipeline.syncOperations.addHandler(
                                Passage(to: client, isSwallowing: isSwallowing))
                            try client.pipeline.syncOperations.addHandler(
                                Passage(to: server, isSwallowing: isSwallowing))
                        }
                    }
                    .connect(host: "127.0.0.1", port: port)
                    .flatMap { _ in client.setOption(.autoRead, value: true) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return FaultyProxy(listener: listener, accepted: accepted, isSwallowing: isSwallowing)
    }

    private init(listener: any Channel, accepted: Collected<any Channel>, isSwallowing: Switch) {
        (self.listener, self.accepted, self.isSwallowing) = (listener, accepted, isSwallowing)
    }

    var port: Int { listener.localAddress?.port ?? 0 }

    /// From now on nothing comes through in either direction, and nobody is told.
    func swallow(_ isOn: Bool = true) { isSwallowing.value.store(isOn, ordering: .relaxed) }

    func stop() async throws {
        try await listener.close()
        for channel in accepted.values { channel.close(promise: nil) }
    }
}

private final class Switch: Sendable {
    let value = Atomic(false)
}

private final class Passage: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel
    private let isSwallowing: Switch

    init(to other: any Channel, isSwallowing: Switch) { (self.other, self.isSwallowing) = (other, isSwallowing) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isSwallowing.value.load(ordering: .relaxed) { other.writeAndFlush(unwrapInboundIn(data), promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isSwallowing.value.load(ordering: .relaxed) { other.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
