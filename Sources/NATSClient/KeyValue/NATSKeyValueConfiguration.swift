/// How a key-value bucket keeps its entries. Limits that are nil are not set.
public struct NATSKeyValueConfiguration: Sendable, Equatable {
    public var bucket: String
    public var description: String?
    /// How many revisions of a key are kept, 1 to 64.
    public var history = 1
    /// How long an entry lives.
    public var maximumAge: Duration?
    public var maximumValueSize: Int?
    public var maximumBytes: Int?
    public var storage = NATSStreamConfiguration.Storage.file
    public var replicas = 1

    public init(bucket: String) { self.bucket = bucket }

    /// The stream that a bucket is, as all clients make it (NATS architecture decision record 8).
    var stream: NATSStreamConfiguration {
        var stream = NATSStreamConfiguration(
            name: NATSKeyValue.stream(of: bucket), subjects: ["$KV.\(bucket).>"])
        stream.description = description
        stream.storage = storage
        stream.discard = .new
        stream.maximumMessagesPerSubject = history
        stream.maximumMessageSize = maximumValueSize
        stream.maximumBytes = maximumBytes
        stream.maximumAge = maximumAge
        stream.replicas = replicas
        // The window may not be longer than an entry lives.
        stream.duplicateWindow = min(maximumAge ?? .seconds(120), .seconds(120))
        stream.allowsDirect = true
        stream.allowsRollup = true
        stream.deniesDelete = true
        return stream
    }

    init(_ stream: NATSStreamConfiguration, bucket: String) {
        self.init(bucket: bucket)
        description = stream.description
        history = stream.maximumMessagesPerSubject ?? 1
        maximumAge = stream.maximumAge
        maximumValueSize = stream.maximumMessageSize
        maximumBytes = stream.maximumBytes
        storage = stream.storage
        replicas = stream.replicas
    }
}

/// A bucket as it stands.
public struct NATSKeyValueInfo: Sendable, Equatable {
    public var configuration: NATSKeyValueConfiguration
    /// Entries kept, older revisions and marks of deletion included.
    public var entries: UInt64
    public var bytes: UInt64
    public var created: NATSTimestamp
    /// The latest revision of all.
    public var lastRevision: UInt64

    init(_ info: NATSStreamInfo, bucket: String) {
        configuration = NATSKeyValueConfiguration(info.configuration, bucket: bucket)
        entries = info.messages
        bytes = info.bytes
        created = info.created
        lastRevision = info.lastSequence
    }
}
