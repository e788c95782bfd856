import Logging
import NIOCore

/// Stops accepting for a second when the process is out of descriptors or memory, and says so; else the kernel would report
/// the waiting connection again and again.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let logger: Logger
    private var isPaused = false

    init(logger: Logger) {
        self.logger = logger
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is IOError, !isPaused else { return }
        isPaused = true
        logger.error("cannot accept connections, trying again in a second", metadata: ["error": "\(error)"])
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) {
            self.isPaused = false
            try? context.channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}
