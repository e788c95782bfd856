/// How a stream stores. Limits that are nil are not set.
public struct NATSStreamConfiguration: Sendable, Equatable {
    public enum Storage: String, Sendable {
        case file, memory
    }

    /// When a message may go although no limit says so.
    public enum Retention: String, Sendable {
        case limits
        /// When every consumer has acknowledged it.
        case interest
        /// When one consumer has.
        case workQueue = "workqueue"
    }

    /// What meets a limit: the oldest messages go, or new ones are refused.
    public enum Discard: String, Sendable {
        case old, new
    }

    public var name: String
    /// What it stores; the server's default is its name.
    public var subjects: [String]
    public var description: String?
    public var storage = Storage.file
    public var retention = Retention.limits
    public var discard = Discard.old
    public var maximumMessages: Int?
    public var maximumMessagesPerSubject: Int?
    public var maximumBytes: Int?
    public var maximumMessageSize: Int?
    public var maximumAge: Duration?
    public var replicas = 1
    /// How long message ids are remembered; nil is the server's default, two minutes or the maximum age.
    public var duplicateWindow: Duration?
    /// Any replica answers ``NATSJetStream/directMessage(_:stream:)``.
    public var allowsDirect = false
    /// A message with the header `Nats-Rollup` may replace those before it.
    public var allowsRollup = false
    public var deniesDelete = false
    public var deniesPurge = false
    /// Members that this client does not know, so that an update leaves them as they are.
    private var others: [String: NATSJSON] = [:]

    public init(name: String, subjects: [String] = []) {
        self.name = name
        self.subjects = subjects
    }

    init?(_ json: NATSJSON?) {
        guard let json, let members = json.object, let name = json["name"]?.string else { return nil }
        self.init(name: name, subjects: (json["subjects"]?.array ?? []).compactMap(\.string))
        description = json["description"]?.string
        storage = json["storage"]?.string.flatMap(Storage.init) ?? .file
        retention = json["retention"]?.string.flatMap(Retention.init) ?? .limits
        discard = json["discard"]?.string.flatMap(Discard.init) ?? .old
        maximumMessages = Self.limit(json["max_msgs"])
        maximumMessagesPerSubject = Self.limit(json["max_msgs_per_subject"])
        maximumBytes = Self.limit(json["max_bytes"])
        maximumMessageSize = Self.limit(json["max_msg_size"])
        maximumAge = json["max_age"]?.duration.flatMap { $0 > .zero ? $0 : nil }
        replicas = json["num_replicas"]?.integer ?? 1
        duplicateWindow = json["duplicate_window"]?.duration
        allowsDirect = json["allow_direct"]?.bool ?? false
        allowsRollup = json["allow_rollup_hdrs"]?.bool ?? false
        deniesDelete = json["deny_delete"]?.bool ?? false
        deniesPurge = json["deny_purge"]?.bool ?? false
        let known = self.members
        others = members.filter { known[$0.key] == nil }
    }

    /// It stores what other streams have: a mirror has no subjects of its own.
    public var copiesOthers: Bool { others["mirror"] != nil || others["sources"] != nil }

    /// The server says -1 or 0 where there is no limit.
    private static func limit(_ json: NATSJSON?) -> Int? { json?.integer.flatMap { $0 > 0 ? $0 : nil } }

    private var members: [String: NATSJSON] {
        [
            "name": .string(name), "subjects": .strings(subjects), "description": .string(description ?? ""),
            "storage": .string(storage.rawValue), "retention": .string(retention.rawValue),
            "discard": .string(discard.rawValue), "max_msgs": .integer(maximumMessages ?? -1),
            "max_msgs_per_subject": .integer(maximumMessagesPerSubject ?? -1),
            "max_bytes": .integer(maximumBytes ?? -1), "max_msg_size": .integer(maximumMessageSize ?? -1),
            "max_age": .duration(maximumAge ?? .zero), "num_replicas": .integer(replicas),
            "duplicate_window": .duration(duplicateWindow ?? .zero), "allow_direct": .bool(allowsDirect),
            "allow_rollup_hdrs": .bool(allowsRollup), "deny_delete": .bool(deniesDelete),
            "deny_purge": .bool(deniesPurge),
        ]
    }

    var json: NATSJSON { .object(members.merging(others) { mine, _ in mine }) }
}
