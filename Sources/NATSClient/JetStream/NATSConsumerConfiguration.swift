/// What a consumer of a stream gives, and how. What is nil is the server's choice.
public struct NATSConsumerConfiguration: Sendable, Equatable {
    public enum Acknowledgement: String, Sendable {
        /// What was delivered counts as done.
        case none
        /// One acknowledgement covers all before it.
        case all
        case explicit
    }

    /// With a name the consumer outlives its readers; without one the server names it, and forgets it when nobody
    /// reads.
    public var durableName: String?
    /// Where it sends messages; nil for a consumer that is asked for them.
    public var deliverSubject: String?
    /// Only messages on subjects that match.
    public var filter: String?
    public var start = NATSStreamStart.all
    public var acknowledgement = Acknowledgement.explicit
    /// How long an acknowledgement is awaited before the message is delivered again.
    public var acknowledgementWait: Duration?
    public var maximumDeliveries: Int?
    public var maximumUnacknowledged: Int?
    /// After how long without a reader the server forgets one without a name.
    public var inactiveThreshold: Duration?
    /// How often a consumer that delivers says that there is nothing new.
    public var idleHeartbeat: Duration?
    /// The server waits now and then for the reader to say that it keeps up.
    public var hasFlowControl = false
    /// Leaves the payloads out.
    public var headersOnly = false
    /// Its state is kept in memory whatever the stream does.
    public var isInMemory = false
    public var replicas: Int?

    public init(durableName: String? = nil, filter: String? = nil) {
        self.durableName = durableName
        self.filter = filter
    }

    init?(_ json: NATSJSON?) {
        guard let json, let start = NATSStreamStart(json) else { return nil }
        func positive(_ key: String) -> Int? { json[key]?.integer.flatMap { $0 > 0 ? $0 : nil } }
        func text(_ key: String) -> String? { json[key]?.string.flatMap { $0.isEmpty ? nil : $0 } }
        self.init(durableName: text("durable_name"), filter: text("filter_subject"))
        deliverSubject = text("deliver_subject")
        self.start = start
        acknowledgement = json["ack_policy"]?.string.flatMap(Acknowledgement.init) ?? .none
        acknowledgementWait = positive("ack_wait").map { .nanoseconds($0) }
        maximumDeliveries = positive("max_deliver")
        maximumUnacknowledged = positive("max_ack_pending")
        inactiveThreshold = positive("inactive_threshold").map { .nanoseconds($0) }
        idleHeartbeat = positive("idle_heartbeat").map { .nanoseconds($0) }
        hasFlowControl = json["flow_control"]?.bool ?? false
        headersOnly = json["headers_only"]?.bool ?? false
        isInMemory = json["mem_storage"]?.bool ?? false
        replicas = positive("num_replicas")
    }

    var json: NATSJSON {
        var members = start.members
        members["durable_name"] = durableName.map(NATSJSON.string)
        members["deliver_subject"] = deliverSubject.map(NATSJSON.string)
        members["filter_subject"] = filter.map(NATSJSON.string)
        members["ack_policy"] = .string(acknowledgement.rawValue)
        members["ack_wait"] = acknowledgementWait.map(NATSJSON.duration)
        members["max_deliver"] = maximumDeliveries.map(NATSJSON.integer)
        members["max_ack_pending"] = maximumUnacknowledged.map(NATSJSON.integer)
        members["inactive_threshold"] = inactiveThreshold.map(NATSJSON.duration)
        members["idle_heartbeat"] = idleHeartbeat.map(NATSJSON.duration)
        members["flow_control"] = hasFlowControl ? .bool(true) : nil
        members["headers_only"] = headersOnly ? .bool(true) : nil
        members["mem_storage"] = isInMemory ? .bool(true) : nil
        members["num_replicas"] = replicas.map(NATSJSON.integer)
        members["replay_policy"] = .string("instant")
        return .object(members)
    }

    /// One that costs the server least: nothing to acknowledge, nothing on its disk, gone when nobody reads.
    static func reading(
        filter: String?, start: NATSStreamStart, headersOnly: Bool, inactiveThreshold: Duration
    ) -> NATSConsumerConfiguration {
        var configuration = NATSConsumerConfiguration(filter: filter)
        configuration.start = start
        configuration.acknowledgement = .none
        configuration.maximumDeliveries = 1
        configuration.inactiveThreshold = inactiveThreshold
        configuration.headersOnly = headersOnly
        configuration.isInMemory = true
        configuration.replicas = 1
        return configuration
    }

    /// With what a server demands: it gives the last of each subject only of a filter, which must not ask for more than
    /// the stream has.
    func completed(by stream: NATSStreamInfo) -> NATSConsumerConfiguration {
        guard start == .lastPerSubject, filter == nil else { return self }
        var completed = self
        let subjects = stream.configuration.subjects
        completed.filter = subjects.count == 1 ? subjects[0] : ">"
        return completed
    }
}
