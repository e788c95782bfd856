import GatewayConfiguration
package import Logging
import Messaging
package import NATSClient
import NIOCore
package import PluginKit

/// The bus on a NATS server.
///
/// A binary WebSocket frame travels with the header `Switchyard-Frame: binary`; what has no header is text if it is
/// UTF-8.
package final class NATSBus: Bus {
    package let connection: NATSConnection
    let logger: Logger
    let streams = NATSStreamEpochs()
    /// How often the consumers of followers say that they live.
    let heartbeat: Duration

    /// - Returns: nil when no URL names a NATS server.
    convenience init?(_ bus: BusConfiguration, eventLoop: any EventLoop, logger: Logger) {
        guard let configuration = NATSConfiguration(bus) else { return nil }
        self.init(NATSConnection(configuration: configuration, eventLoop: eventLoop, logger: logger), logger: logger)
    }

    /// - Parameter connection: started and closed by its owner.
    package init(_ connection: NATSConnection, logger: Logger, heartbeat: Duration = .seconds(5)) {
        self.connection = connection
        self.logger = logger
        self.heartbeat = heartbeat
    }

    package var isAvailable: Bool { connection.state.isConnected }

    package func publish(_ message: BusMessage) -> PublishResult {
        // The same rules as everywhere, which are stricter than a server's.
        if let problem = Subject.publishProblem(message.subject) { return .refused(reason: problem) }
        let result = connection.publish(
            subject: message.subject, headers: Self.headers(of: message), payload: message.payload,
            reply: message.reply)
        switch result {
        case .accepted: return .accepted
        case .refused(.tooLarge): return .tooLarge(limit: maxPayload)
        case .refused(let refusal): return .refused(reason: Self.reason(of: refusal))
        }
    }

    static func reason(of refusal: NATSRefusal) -> String {
        switch refusal {
        case .bufferFull: "the bus is away or too slow, and its buffer is full"
        case .closed: "the gateway is shutting down"
        case .badSubject: "the subject, or the subject for the answer, is none"
        case .badHeader: "a header's name or value cannot travel"
        case .tooLarge: "the message is too large"
        }
    }

    /// What the server said it takes, in bytes.
    var maxPayload: Int {
        if case .connected(let server) = connection.state { server.maxPayload } else { EmbeddedBus.maxPayload }
    }

    package func subscribe(
        _ subject: String, queue: String?, deliver: @escaping @Sendable (BusMessage) -> Void
    ) -> any BusSubscription {
        if let problem = Subject.subscribeProblem(subject) { return refused(subject, problem) }
        let subscription = connection.subscribe(subject: subject, queue: queue) { deliver(Self.message($0)) }
        if let refusal = subscription.refusal { return refused(subject, Self.reason(of: refusal)) }
        return Subscription(subscription: subscription)
    }

    /// A subscription that hears nothing, and says so in the log.
    func refused(_ subject: String, _ reason: String) -> any BusSubscription {
        logger.error("subscription refused", metadata: ["subject": "\(subject)", "reason": "\(reason)"])
        return NoSubscription()
    }

    package func watch(_ handler: @escaping @Sendable (BusEvent) -> Void) -> any BusSubscription {
        NATSLinkWatch(connection, handler)
    }

    package func history(_ configuration: HistoryConfiguration) -> any History {
        NATSHistory(bus: self, configuration: configuration)
    }

    private struct Subscription: BusSubscription {
        let subscription: NATSSubscription

        func cancel() { subscription.cancel() }
    }

    private struct NoSubscription: BusSubscription {
        func cancel() {}
    }
}

extension NATSState {
    var isConnected: Bool { if case .connected = self { true } else { false } }
}
