/// One revision of a key.
public struct NATSKeyValueEntry: Sendable, Equatable {
    public enum Operation: String, Sendable {
        case put = "PUT"
        /// The key was deleted; older revisions are kept.
        case delete = "DEL"
        /// The key was deleted with all its revisions.
        case purge = "PURGE"
    }

    public var key: String
    /// Empty for a deletion.
    public var value: [UInt8]
    /// Its number in the bucket: later changes of any key have higher ones.
    public var revision: UInt64
    public var created: NATSTimestamp
    public var operation: Operation

    /// Nil if the message does not belong to a bucket with this prefix.
    init?(_ message: NATSStreamMessage, prefix: String) {
        guard message.subject.hasPrefix(prefix) else { return nil }
        key = String(message.subject.dropFirst(prefix.count))
        value = message.payload
        revision = message.sequence
        created = message.timestamp
        operation = message.headers.first(Self.header).flatMap(Operation.init) ?? .put
    }

    static let header = "KV-Operation"
}
