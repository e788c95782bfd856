/// A consumer as it stands.
public struct NATSConsumerInfo: Sendable, Equatable {
    public var stream: String
    public var name: String
    public var configuration: NATSConsumerConfiguration
    public var created: NATSTimestamp
    /// How many messages it has delivered, each delivery counted.
    public var deliveredCount: UInt64
    /// The sequence in the stream that it has come to.
    public var deliveredSequence: UInt64
    /// Messages that it has yet to deliver.
    public var pending: UInt64
    /// Messages delivered and not yet acknowledged.
    public var unacknowledged: Int

    init?(_ json: NATSJSON) {
        guard let stream = json["stream_name"]?.string, let name = json["name"]?.string,
            let configuration = NATSConsumerConfiguration(json["config"]), let created = json["created"]?.timestamp
        else { return nil }
        self.stream = stream
        self.name = name
        self.configuration = configuration
        self.created = created
        deliveredCount = json["delivered"]?["consumer_seq"]?.unsigned ?? 0
        deliveredSequence = json["delivered"]?["stream_seq"]?.unsigned ?? 0
        pending = json["num_pending"]?.unsigned ?? 0
        unacknowledged = json["num_ack_pending"]?.integer ?? 0
    }

    static func decode(_ json: NATSJSON) -> Result<NATSConsumerInfo, NATSJetStreamError> {
        NATSConsumerInfo(json).map { .success($0) } ?? .failure(.badResponse("it does not describe a consumer"))
    }
}
