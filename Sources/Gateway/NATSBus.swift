import GatewayConfiguration
import Logging
import Messaging
import NATSClient
import NIOCore
import PluginKit

/// The bus on a NATS server.
///
/// A binary WebSocket frame travels with the header `Switchyard-Frame: binary`; what has no header is text if it is
/// UTF-8.
final class NATSBus: Bus {
    private static let frameHeader = "Switchyard-Frame"

    let connection: NATSConnection
    private let logger: Logger

    /// - Returns: nil when no URL names a NATS server.
    init?(_ bus: BusConfiguration, eventLoop: any EventLoop, logger: Logger) {
        guard let configuration = NATSConfiguration(bus) else { return nil }
        connection = NATSConnection(configuration: configuration, eventLoop: eventLoop, logger: logger)
        self.logger = logger
    }

    var isAvailable: Bool {
        if case .connected = connection.state { true } else { false }
    }

    func publish(_ message: BusMessage) -> PublishResult {
        let result = connection.publish(
            subject: message.subject, headers: Self.headers(of: message), payload: message.payload,
            reply: message.reply)
        switch result {
        case .accepted: return .accepted
        case .refused(.tooLarge): return .tooLarge(limit: maxPayload)
        case .refused(.bufferFull): return .refused(reason: "the bus is away or too slow, and its buffer is full")
        case .refused(.closed): return .refused(reason: "the gateway is shutting down")
        case .refused(.badSubject), .refused(.badHeader): return .refused(reason: "this cannot be a subject")
        }
    }

    static func headers(of message: BusMessage) -> [(String, String)] {
        let headers = message.headers.map { ($0.name, $0.value) }
        return message.frame == .binary ? headers + [(frameHeader, "binary")] : headers
    }

    static func message(_ message: NATSMessage) -> BusMessage {
        let isBinary = message.headers.contains { $0.0 == frameHeader && $0.1 == "binary" }
        return BusMessage(
            subject: message.subject, payload: message.payload, frame: isBinary ? .binary : .unspecified,
            headers: message.headers.filter { $0.0 != frameHeader }.map { (name: $0.0, value: $0.1) },
            reply: message.reply)
    }

    /// What the server said it takes, in bytes.
    var maxPayload: Int {
        if case .connected(let server) = connection.state { server.maxPayload } else { EmbeddedBus.maxPayload }
    }

    func subscribe(
        _ subject: String, queue: String?, deliver: @escaping @Sendable (BusMessage) -> Void
    ) -> any BusSubscription {
        let subscription = connection.subscribe(subject: subject, queue: queue) { deliver(Self.message($0)) }
        if let refusal = subscription.refusal {
            logger.error("subscription refused", metadata: ["subject": "\(subject)", "reason": "\(refusal)"])
        }
        return Subscription(subscription: subscription)
    }

    private struct Subscription: BusSubscription {
        let subscription: NATSSubscription

        func cancel() { subscription.cancel() }
    }
}
