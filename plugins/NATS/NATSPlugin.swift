public import PluginKit

/// Bridges HTTP and WebSocket to the bus.
public enum NATSPlugin: Plugin {
    public static let name = "nats"
    public static let handlers = [
        BridgeHandler.declaration, EventsHandler.declaration, PollHandler.declaration,
        PresenceHandler.declaration, PublishHandler.declaration, RequestHandler.declaration,
    ]
}
