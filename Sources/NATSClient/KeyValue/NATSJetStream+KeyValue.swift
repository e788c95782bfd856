extension NATSJetStream {
    /// Makes a bucket; one of the same configuration is left as it is.
    public func createKeyValue(
        _ configuration: NATSKeyValueConfiguration
    ) async throws(NATSJetStreamError) -> NATSKeyValue {
        try check(configuration.bucket, "bucket")
        guard 1...64 ~= configuration.history else { throw .invalid("the history of a bucket is 1 to 64 revisions") }
        let info = try await createStream(configuration.stream)
        return NATSKeyValue(self, info, bucket: configuration.bucket)
    }

    /// - Throws: ``NATSJetStreamError``, with ``NATSJetStreamAPIError/streamNotFound`` if there is none.
    public func keyValue(_ bucket: String) async throws(NATSJetStreamError) -> NATSKeyValue {
        try check(bucket, "bucket")
        return NATSKeyValue(self, try await stream(NATSKeyValue.stream(of: bucket)), bucket: bucket)
    }

    public func deleteKeyValue(_ bucket: String) async throws(NATSJetStreamError) {
        try check(bucket, "bucket")
        try await deleteStream(NATSKeyValue.stream(of: bucket))
    }
}
