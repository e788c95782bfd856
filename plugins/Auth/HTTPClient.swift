internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
package import PluginKit

/// Asks one endpoint by GET over HTTP/1.1, each time on a connection of its own. Redirects are not followed.
package struct HTTPClient: Sendable {
    package let endpoint: HTTPEndpoint
    private let tls: NIOSSLContext?
    private let shared: SharedObjects

    /// - Parameter authorities: certificates in PEM to trust instead of the system's.
    package init(_ endpoint: HTTPEndpoint, authorities: [UInt8]? = nil, shared: SharedObjects) throws(Problem) {
        self.endpoint = endpoint
        self.shared = shared
        guard endpoint.isSecure else {
            tls = nil
            return
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.shutdownTimeout = .milliseconds(250)
        if let authorities {
            guard let certificates = try? NIOSSLCertificate.fromPEMBytes(authorities), !certificates.isEmpty else {
                throw Problem("it holds no certificate in PEM")
            }
            configuration.trustRoots = .certificates(certificates)
        }
        do {
            tls = try NIOSSLContext(configuration: configuration)
        } catch {
            throw Problem("\(error)")
        }
    }

    /// The whole answer, or why there is none within `timeout`. Cancelling the task closes the connection.
    ///
    /// - Parameter sizeLimit: of the answer's body, in bytes.
    package func get(
        _ headers: [(name: String, value: String)], timeout: Duration, sizeLimit: Int
    ) async throws(Problem) -> HTTPAnswer {
        let loop = shared.object(ClientLoop.self, ClientLoop.init).group.next()
        let answer = loop.makePromise(of: HTTPAnswer.self)
        let time = TimeAmount(timeout)
        let deadline = loop.scheduleTask(in: time) { answer.fail(Problem("no answer within \(timeout)")) }
        answer.futureResult.whenComplete { _ in deadline.cancel() }
        let request = request(headers)
        ClientBootstrap(group: loop)
            .connectTimeout(time)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(tlsHandler(tls)) }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(AnswerCollector(request: request, sizeLimit: sizeLimit, answer: answer))
                }
            }
            .connect(host: endpoint.host, port: endpoint.port)
            .whenComplete { outcome in
                switch outcome {
                case .success(let channel): answer.futureResult.whenComplete { _ in channel.close(promise: nil) }
                case .failure(let error): answer.fail(error)
                }
            }
        do {
            return try await withTaskCancellationHandler {
                try await answer.futureResult.get()
            } onCancel: {
                answer.fail(Problem("nobody waits for the answer any more"))
            }
        } catch {
            throw failure(error)
        }
    }

    private func request(_ headers: [(name: String, value: String)]) -> HTTPRequestHead {
        var fields = HTTPHeaders(headers.map { ($0.name, $0.value) })
        fields.replaceOrAdd(name: "Host", value: endpoint.authority)
        fields.replaceOrAdd(name: "Connection", value: "close")
        fields.replaceOrAdd(name: "Accept", value: "application/json")
        fields.replaceOrAdd(name: "User-Agent", value: "switchyard")
        return HTTPRequestHead(version: .http1_1, method: .GET, uri: endpoint.target, headers: fields)
    }

    /// An address is compared with that of the socket; only names go into the handshake (RFC 6066 §3).
    private func tlsHandler(_ context: NIOSSLContext) throws -> NIOSSLClientHandler {
        let isAddress = (try? SocketAddress(ipAddress: endpoint.host, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : endpoint.host)
    }

    private func failure(_ error: any Error) -> Problem {
        switch error {
        case let failure as Problem: failure
        case let error as NIOConnectionError:
            Problem(error.connectionErrors.first.map { "\($0.error)" } ?? "the name is not known")
        default: Problem("\(error)")
        }
    }
}

/// The thread that the gateway's own questions are asked on; the first of them starts it.
private final class ClientLoop: Sendable {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    deinit { group.shutdownGracefully { _ in } }
}

/// Sends the request once it is connected, and gathers the answer.
private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: HTTPRequestHead
    private let sizeLimit: Int
    private let answer: EventLoopPromise<HTTPAnswer>
    private var gathered: HTTPAnswer?

    init(request: HTTPRequestHead, sizeLimit: Int, answer: EventLoopPromise<HTTPAnswer>) {
        self.request = request
        self.sizeLimit = sizeLimit
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            // An interim response (RFC 9110 §15.2) is replaced by the answer proper.
            gathered = HTTPAnswer(
                status: Int(head.status.code), headers: head.headers.map { (name: $0.name, value: $0.value) })
        case .body(let bytes):
            gathered?.body += bytes.readableBytesView
            if let gathered, gathered.body.count > sizeLimit {
                answer.fail(Problem("the answer is larger than \(sizeLimit >> 10) KB"))
                self.gathered = nil
            }
        case .end:
            if let gathered { answer.succeed(gathered) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.fail(Problem("the connection ended before the answer did"))
    }
}
