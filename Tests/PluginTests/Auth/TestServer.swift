import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A real HTTP server on the loopback, answering what a function says. Its connections are none that are kept.
final class TestServer: Sendable {
    struct Answer: Sendable {
        var status = 200
        var headers: [(String, String)] = [("Content-Type", "application/json")]
        var body = ""
        /// An interim response comes first.
        var isLate = false
        /// The connection ends in the middle of the body.
        var isCut = false
    }

    /// Nil: no answer, ever.
    typealias Answering = @Sendable (HTTPRequestHead) -> Answer?

    let port: Int
    private let shared: Shared
    private let listener: any Channel

    /// What the connections and the test both see.
    fileprivate final class Shared: Sendable {
        let answering: Mutex<Answering>
        let requests = Mutex<[HTTPRequestHead]>([])
        let connections = Mutex(0)

        init(_ answering: @escaping Answering) { self.answering = Mutex(answering) }
    }

    init(port: Int = 0, tls: NIOSSLContext? = nil, _ answering: @escaping Answering) async throws {
        let shared = Shared(answering)
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(Responder(shared))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        self.port = listener.localAddress?.port ?? 0
        self.shared = shared
    }

    /// Answers something else from now on.
    func answer(_ answering: @escaping Answering) { shared.answering.withLock { $0 = answering } }

    var requests: [HTTPRequestHead] { shared.requests.withLock { $0 } }
    /// Open now.
    var connections: Int { shared.connections.withLock { $0 } }

    func url(_ path: String = "/", scheme: String = "http") -> String { "\(scheme)://127.0.0.1:\(port)\(path)" }

    /// Listens no more.
    func stop() async throws { try await listener.close() }
}

private final class Responder: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let shared: TestServer.Shared

    init(_ shared: TestServer.Shared) { self.shared = shared }

    func channelActive(context: ChannelHandlerContext) { shared.connections.withLock { $0 += 1 } }
    func channelInactive(context: ChannelHandlerContext) { shared.connections.withLock { $0 -= 1 } }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data) else { return }
        shared.requests.withLock { $0.append(head) }
        guard let answer = shared.answering.withLock({ $0 })(head) else { return }
        func write(_ part: HTTPServerResponsePart) { context.write(wrapOutboundOut(part), promise: nil) }
        if answer.isLate {
            write(.head(HTTPResponseHead(version: .http1_1, status: .custom(code: 103, reasonPhrase: ""))))
        }
        var fields = HTTPHeaders(answer.headers)
        fields.add(name: "Content-Length", value: "\(answer.body.utf8.count + (answer.isCut ? 1 : 0))")
        write(.head(HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status), headers: fields)))
        write(.body(.byteBuffer(ByteBuffer(string: answer.body))))
        if !answer.isCut { write(.end(nil)) }
        context.flush()
        if answer.isCut { context.close(promise: nil) }
    }
}

/// Waits until something is so, at most 20 seconds.
func eventually(_ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw Unexpected("not within 20 seconds") }
        try await Task.sleep(for: .milliseconds(5))
    }
}
