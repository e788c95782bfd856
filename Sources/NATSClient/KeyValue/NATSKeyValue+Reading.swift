extension NATSKeyValue {
    /// The keys that have a value, or those of them that match (`*` one token, `>` the rest); sorted.
    public func keys(matching pattern: String = ">") async throws(NATSJetStreamError) -> [String] {
        var keys: Set<String> = []
        try await read(pattern, start: .lastPerSubject, headersOnly: true) { entry in
            if entry.operation == .put { keys.insert(entry.key) } else { keys.remove(entry.key) }
        }
        return keys.sorted()
    }

    /// The revisions of a key that are kept, deletions too, the oldest first.
    public func history(_ key: String) async throws(NATSJetStreamError) -> [NATSKeyValueEntry] {
        try check(key)
        var entries: [NATSKeyValueEntry] = []
        try await read(key, start: .all, headersOnly: false) { entries.append($0) }
        return entries
    }

    private func read(
        _ pattern: String, start: NATSStreamStart, headersOnly: Bool, _ take: (NATSKeyValueEntry) -> Void
    ) async throws(NATSJetStreamError) {
        try check(pattern, wildcards: true)
        let reader = try await jetStream.reader(
            stream: stream, filter: prefix + pattern, start: start, headersOnly: headersOnly)
        let result = await Self.drain(reader) { message in
            if let entry = NATSKeyValueEntry(message, prefix: prefix) { take(entry) }
        }
        await reader.close()
        try result.get()
    }

    private static func drain(
        _ reader: NATSStreamReader, _ take: (NATSStreamMessage) -> Void
    ) async -> Result<Void, NATSJetStreamError> {
        do throws(NATSJetStreamError) {
            while true {
                let batch = try await reader.next()
                for message in batch.messages { take(message) }
                if batch.isCaughtUp { return .success(()) }
            }
        } catch {
            return .failure(error)
        }
    }
}
