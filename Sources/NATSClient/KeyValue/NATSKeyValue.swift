/// A bucket of keys and values: a JetStream stream in the layout that all NATS clients share. A value; copy it freely.
///
/// - Keys have letters, digits and `-/_=.`, no dot at either end.
/// - Source: NATS architecture decision record 8.
public struct NATSKeyValue: Sendable {
    public let jetStream: NATSJetStream
    public let bucket: String
    private let readsDirectly: Bool

    var stream: String { Self.stream(of: bucket) }
    /// Of the subjects of its keys.
    var prefix: String { "$KV.\(bucket)." }

    static func stream(of bucket: String) -> String { "KV_\(bucket)" }

    init(_ jetStream: NATSJetStream, _ info: NATSStreamInfo, bucket: String) {
        self.jetStream = jetStream
        self.bucket = bucket
        readsDirectly = info.configuration.allowsDirect
    }

    public func info() async throws(NATSJetStreamError) -> NATSKeyValueInfo {
        NATSKeyValueInfo(try await jetStream.stream(stream), bucket: bucket)
    }

    /// The value of a key; nil if it has none or was deleted.
    public func get(_ key: String) async throws(NATSJetStreamError) -> NATSKeyValueEntry? {
        guard let entry = try await latest(key), entry.operation == .put else { return nil }
        return entry
    }

    /// One revision of a key, a deletion too; nil if it is not kept or belongs to another key.
    public func get(_ key: String, revision: UInt64) async throws(NATSJetStreamError) -> NATSKeyValueEntry? {
        try check(key)
        guard let entry = try await entry(.sequence(revision)), entry.key == key else { return nil }
        return entry
    }

    /// Sets a value whatever there was. Returns its revision.
    @discardableResult
    public func put(_ key: String, _ value: [UInt8]) async throws(NATSJetStreamError) -> UInt64 {
        try await write(key, value)
    }

    /// Sets a value if the key has none. Returns its revision.
    ///
    /// - Throws: ``NATSJetStreamError``, with ``NATSJetStreamAPIError/wrongLastSequence`` if it has one.
    @discardableResult
    public func create(_ key: String, _ value: [UInt8]) async throws(NATSJetStreamError) -> UInt64 {
        do throws(NATSJetStreamError) {
            return try await update(key, value, revision: 0)
        } catch {
            // A key that was deleted has a mark to replace.
            guard error.errorCode == NATSJetStreamAPIError.wrongLastSequence, let entry = try await latest(key),
                entry.operation != .put
            else { throw error }
            return try await update(key, value, revision: entry.revision)
        }
    }

    /// Sets a value if `revision` is the latest of the key. Returns the new revision.
    ///
    /// - Throws: ``NATSJetStreamError``, with ``NATSJetStreamAPIError/wrongLastSequence`` if it is not.
    @discardableResult
    public func update(
        _ key: String, _ value: [UInt8], revision: UInt64
    ) async throws(NATSJetStreamError) -> UInt64 {
        try await write(key, value, revision: revision)
    }

    /// Deletes a key, if `revision` is its latest where that is given; older revisions are kept.
    public func delete(_ key: String, revision: UInt64? = nil) async throws(NATSJetStreamError) {
        _ = try await write(key, [], [(NATSKeyValueEntry.header, "DEL")], revision: revision)
    }

    /// Deletes a key with all its revisions, if `revision` is its latest where that is given.
    public func purge(_ key: String, revision: UInt64? = nil) async throws(NATSJetStreamError) {
        let headers = [(NATSKeyValueEntry.header, "PURGE"), ("Nats-Rollup", "sub")]
        _ = try await write(key, [], headers, revision: revision)
    }

    private func write(
        _ key: String, _ value: [UInt8], _ headers: [(String, String)] = [], revision: UInt64? = nil
    ) async throws(NATSJetStreamError) -> UInt64 {
        try check(key)
        return try await jetStream.publish(
            subject: jetStream.routed(prefix + key), headers: headers, payload: value,
            conditions: NATSPublishConditions(lastSubjectSequence: revision)
        ).sequence
    }

    /// The latest revision of a key, a deletion too.
    private func latest(_ key: String) async throws(NATSJetStreamError) -> NATSKeyValueEntry? {
        try check(key)
        return try await entry(.last(subject: prefix + key))
    }

    private func entry(_ query: NATSStreamMessageQuery) async throws(NATSJetStreamError) -> NATSKeyValueEntry? {
        let message =
            try await readsDirectly
            ? jetStream.directMessage(query, stream: stream) : jetStream.message(query, stream: stream)
        return message.flatMap { NATSKeyValueEntry($0, prefix: prefix) }
    }

    /// - Parameter wildcards: whether tokens may be `*`, and the last one `>`.
    func check(_ key: String, wildcards: Bool = false) throws(NATSJetStreamError) {
        let isPlain = key.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "_"),
                UInt8(ascii: "="), UInt8(ascii: "."):
                true
            case UInt8(ascii: "*"), UInt8(ascii: ">"): wildcards
            default: false
            }
        }
        guard isPlain, NATSSubject.isValid(key, wildcards: wildcards) else {
            throw .invalid("'\(key)' is no key: use letters, digits and -/_=. with no dot at an end or beside another")
        }
    }
}
