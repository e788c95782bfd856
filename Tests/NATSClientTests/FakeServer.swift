import NIOCore
import NIOPosix

/// A TCP server on a free port that answers each connection with the same bytes, and can say more.
final class FakeServer: Sendable {
    private let listener: any Channel
    let accepted: Collected<any Channel>
    private let heardBytes: Collected<[UInt8]>

    /// - Parameters:
    ///   - endsAfterGreeting: closes each connection behind the greeting.
    ///   - isDeaf: never reads, so that what clients send piles up.
    static func start(
        greeting: String, endsAfterGreeting: Bool = false, isDeaf: Bool = false
    ) async throws -> FakeServer {
        let accepted = Collected<any Channel>()
        let heard = Collected<[UInt8]>()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: !isDeaf)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Conversation(greeting: greeting, endsAfterGreeting: endsAfterGreeting, heard: heard))
                    accepted.append(channel)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return FakeServer(listener: listener, accepted: accepted, heardBytes: heard)
    }

    private init(listener: any Channel, accepted: Collected<any Channel>, heardBytes: Collected<[UInt8]>) {
        self.listener = listener
        self.accepted = accepted
        self.heardBytes = heardBytes
    }

    var port: Int { listener.localAddress?.port ?? 0 }

    /// Everything clients sent.
    var heard: String { String(decoding: heardBytes.values.flatMap { $0 }, as: UTF8.self) }

    /// To the last connection.
    func say(_ text: String) { accepted.values.last?.writeAndFlush(ByteBuffer(string: text), promise: nil) }

    func stop() async throws {
        try await listener.close()
        for channel in accepted.values { channel.close(promise: nil) }
    }
}

private final class Conversation: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let greeting: String
    private let endsAfterGreeting: Bool
    private let heard: Collected<[UInt8]>

    init(greeting: String, endsAfterGreeting: Bool, heard: Collected<[UInt8]>) {
        self.greeting = greeting
        self.endsAfterGreeting = endsAfterGreeting
        self.heard = heard
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(NIOAny(ByteBuffer(string: greeting)), promise: nil)
        if endsAfterGreeting { context.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard.append(Array(buffer: unwrapInboundIn(data)))
    }
}
