import NIOCore
import NIOPosix
import Synchronization

/// A TCP proxy on a free port, whose connections can be cut.
final class CuttingProxy: Sendable {
    private let listener: any Channel
    private let accepted: Collected<any Channel>
    private let door: Door

    /// Whether new connections are ended at once.
    private final class Door: Sendable {
        let isShut = Atomic(false)
    }

    static func start(to port: Int) async throws -> CuttingProxy {
        let accepted = Collected<any Channel>()
        let door = Door()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { near in
                if door.isShut.load(ordering: .relaxed) { return near.close() }
                accepted.append(near)
                return ClientBootstrap(group: near.eventLoop).connect(host: "127.0.0.1", port: port).flatMap { far in
                    near.eventLoop.makeCompletedFuture {
                        try near.pipeline.syncOperations.addHandler(Relay(to: far))
                        try far.pipeline.syncOperations.addHandler(Relay(to: near))
                    }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return CuttingProxy(listener: listener, accepted: accepted, door: door)
    }

    private init(listener: any Channel, accepted: Collected<any Channel>, door: Door) {
        self.door = door
        self.listener = listener
        self.accepted = accepted
    }

    var port: Int { listener.localAddress?.port ?? 0 }

    var refuses: Bool {
        get { door.isShut.load(ordering: .relaxed) }
        set { door.isShut.store(newValue, ordering: .relaxed) }
    }

    /// Ends all connections; new ones are taken, unless it ``refuses``.
    func cut() { for channel in accepted.values { channel.close(promise: nil) } }

    func stop() async throws {
        try await listener.close()
        cut()
    }
}

private final class Relay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel

    init(to other: any Channel) { self.other = other }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
}
