/// What a server says about itself in `INFO`.
///
/// Source: https://docs.nats.io/reference/reference-protocols/nats-protocol#info
public struct NATSServerInfo: Sendable, Equatable {
    public var serverID = ""
    public var serverName = ""
    public var version = ""
    /// Bytes of headers and payload of one message.
    public var maxPayload = NATSServerInfo.usualMaxPayload
    public var supportsHeaders = false
    public var requiresAuthentication = false
    public var requiresTLS = false
    /// Encryption is possible and not demanded.
    public var offersTLS = false
    public var hasJetStream = false
    /// What a client with a key has to sign.
    public var nonce: String?
    /// Addresses of the cluster's servers.
    public var connectURLs: [String] = []
    /// The server is about to stop.
    public var isLameDuck = false

    /// What a server takes if nobody configured it otherwise.
    public static let usualMaxPayload = 1 << 20

    public init() {}

    /// Nil if the JSON is broken or has no object on top; unknown and missing keys are fine.
    package init?(json: Span<UInt8>) {
        guard let object = NATSJSON.parse(json)?.object else { return nil }
        serverID = object["server_id"]?.string ?? ""
        serverName = object["server_name"]?.string ?? ""
        version = object["version"]?.string ?? ""
        if let limit = object["max_payload"]?.integer, limit > 0 { maxPayload = limit }
        supportsHeaders = object["headers"]?.bool ?? false
        requiresAuthentication = object["auth_required"]?.bool ?? false
        requiresTLS = object["tls_required"]?.bool ?? false
        offersTLS = object["tls_available"]?.bool ?? false
        hasJetStream = object["jetstream"]?.bool ?? false
        nonce = object["nonce"]?.string
        connectURLs = object["connect_urls"]?.array?.compactMap(\.string) ?? []
        isLameDuck = object["ldm"]?.bool ?? false
    }
}
