/// A stream as it stands.
public struct NATSStreamInfo: Sendable, Equatable {
    public var configuration: NATSStreamConfiguration
    /// When the stream was made: a stream made anew under the same name has another time.
    public var created: NATSTimestamp
    public var messages: UInt64
    public var bytes: UInt64
    /// Of the oldest message it has; one more than `lastSequence` when it has none.
    public var firstSequence: UInt64
    /// Of the latest message it ever stored, deleted or not; 0 for none.
    public var lastSequence: UInt64
    /// When those two were stored; nil where there are none.
    public var firstTime: NATSTimestamp?
    public var lastTime: NATSTimestamp?
    public var consumers: Int

    init?(_ json: NATSJSON) {
        guard let configuration = NATSStreamConfiguration(json["config"]), let created = json["created"]?.timestamp,
            let state = json["state"], let first = state["first_seq"]?.unsigned, let last = state["last_seq"]?.unsigned
        else { return nil }
        self.configuration = configuration
        self.created = created
        messages = state["messages"]?.unsigned ?? 0
        bytes = state["bytes"]?.unsigned ?? 0
        // A stream that never had a message says 0.
        firstSequence = max(first, 1)
        lastSequence = last
        firstTime = state["first_ts"]?.timestamp
        lastTime = state["last_ts"]?.timestamp
        consumers = state["consumer_count"]?.integer ?? 0
    }

    static func decode(_ json: NATSJSON) -> Result<NATSStreamInfo, NATSJetStreamError> {
        NATSStreamInfo(json).map { .success($0) } ?? .failure(.badResponse("it does not describe a stream"))
    }
}
