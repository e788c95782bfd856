extension NATSJetStream {
    /// Makes a consumer; one of the same name and configuration is left as it is.
    @discardableResult
    public func createConsumer(
        _ configuration: NATSConsumerConfiguration, stream: String
    ) async throws(NATSJetStreamError) -> NATSConsumerInfo {
        try check(stream, "stream")
        try check(filter: configuration.filter)
        if let name = configuration.durableName { try check(name, "consumer") }
        let answer = try await call(
            Self.creation(of: configuration, stream), Self.creationBody(configuration, stream))
        return try NATSConsumerInfo.decode(answer).get()
    }

    public func consumer(
        _ name: String, stream: String
    ) async throws(NATSJetStreamError) -> NATSConsumerInfo {
        try check(stream, "stream")
        try check(name, "consumer")
        return try NATSConsumerInfo.decode(try await call("CONSUMER.INFO.\(stream).\(name)")).get()
    }

    public func deleteConsumer(_ name: String, stream: String) async throws(NATSJetStreamError) {
        try check(stream, "stream")
        try check(name, "consumer")
        _ = try await call("CONSUMER.DELETE.\(stream).\(name)")
    }

    static func creation(of configuration: NATSConsumerConfiguration, _ stream: String) -> String {
        configuration.durableName.map { "CONSUMER.DURABLE.CREATE.\(stream).\($0)" } ?? "CONSUMER.CREATE.\(stream)"
    }

    static func creationBody(_ configuration: NATSConsumerConfiguration, _ stream: String) -> NATSJSON {
        .object(["stream_name": .string(stream), "config": configuration.json])
    }
}
