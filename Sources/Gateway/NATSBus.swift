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
        let headers = message.frame == .binary ? [(Self.frameHeader, "binary")] : []
        switch connection.publish(subject: message.subject, headers: headers, payload: message.payload) {
        case .accepted: return .accepted
        case .refused(.tooLarge): return .tooLarge(limit: maxPayload)
        case .refused(.bufferFull): return .refused(reason: "the bus is away or too slow, and its buffer is full")
        case .refused(.closed): return .refused(reason: "the gateway is shutting down")
        case .refused(.badSubject), .refused(.badHeader): return .refused(reason: "this cannot be a subject")
        }
    }

    /// What the server said it takes, in bytes.
    private var maxPayload: Int {
        if case .connected(let server) = connection.state { server.maxPayload } else { EmbeddedBus.maxPayload }
    }

    func subscribe(
        _ subject: String, queue: String?, deliver: @escaping @Sendable (BusMessage) -> Void
    ) -> any BusSubscription {
        let subscription = connection.subscribe(subject: subject, queue: queue) { message in
            let isBinary = message.headers.contains { $0.0 == Self.frameHeader && $0.1 == "binary" }
            deliver(
                BusMessage(
                    subject: message.subject, payload: message.payload, frame: isBinary ? .binary : .unspecified))
        }
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
