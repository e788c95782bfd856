extension NATSJetStream {
    /// Makes a stream. One of this name with the same configuration is left as it is.
    @discardableResult
    public func createStream(_ configuration: NATSStreamConfiguration) async throws(NATSJetStreamError)
        -> NATSStreamInfo
    {
        try await streamInfo("CREATE", configuration.name, configuration.json)
    }

    /// Begin with the configuration of ``stream(_:)``: settings that this client does not know are kept then.
    @discardableResult
    public func updateStream(_ configuration: NATSStreamConfiguration) async throws(NATSJetStreamError)
        -> NATSStreamInfo
    {
        try await streamInfo("UPDATE", configuration.name, configuration.json)
    }

    /// - Throws: ``NATSJetStreamError``, with ``NATSJetStreamAPIError/streamNotFound`` if there is none.
    public func stream(_ name: String) async throws(NATSJetStreamError) -> NATSStreamInfo {
        try await streamInfo("INFO", name, nil)
    }

    /// The same for a stream, made at some time, that is known to have had a sequence. A cluster that has just changed
    /// its leader may have yet to hear of it: it is asked again for a moment.
    ///
    /// - Returns: the stream as it was at last; it may still be another, or have less.
    public func stream(
        _ name: String, thatHas sequence: UInt64, since created: NATSTimestamp
    ) async throws(NATSJetStreamError) -> NATSStreamInfo {
        var info = try await stream(name)
        for _ in 0..<5 where info.created == created && info.lastSequence < sequence && info.configuration.replicas > 1
        {
            try? await Task.sleep(for: .milliseconds(100))
            info = try await stream(name)
        }
        return info
    }

    public func deleteStream(_ name: String) async throws(NATSJetStreamError) {
        try check(name, "stream")
        _ = try await call("STREAM.DELETE.\(name)")
    }

    /// Deletes messages of a stream: all, or those of subjects that match `filter`, or those below a sequence, or all
    /// but the latest. `below` and `keeping` exclude each other.
    ///
    /// - Returns: how many.
    @discardableResult
    public func purgeStream(
        _ name: String, filter: String? = nil, below sequence: UInt64? = nil, keeping: UInt64? = nil
    ) async throws(NATSJetStreamError) -> UInt64 {
        try check(name, "stream")
        try check(filter: filter)
        let members: [String: NATSJSON?] = [
            "filter": filter.map(NATSJSON.string), "seq": sequence.map(NATSJSON.unsigned),
            "keep": keeping.map(NATSJSON.unsigned),
        ]
        let answer = try await call("STREAM.PURGE.\(name)", .object(members.compactMapValues { $0 }))
        return answer["purged"]?.unsigned ?? 0
    }

    /// The names of all streams, or of those that store subjects matching `subject`.
    public func streamNames(subject: String? = nil) async throws(NATSJetStreamError) -> [String] {
        try check(filter: subject)
        var names: [String] = []
        while true {
            var members = ["offset": NATSJSON.integer(names.count)]
            members["subject"] = subject.map(NATSJSON.string)
            let answer = try await call("STREAM.NAMES", .object(members))
            let page = (answer["streams"]?.array ?? []).compactMap(\.string)
            names += page
            if page.isEmpty || names.count >= answer["total"]?.integer ?? 0 { return names }
        }
    }

    private func streamInfo(
        _ verb: String, _ name: String, _ body: NATSJSON?
    ) async throws(NATSJetStreamError) -> NATSStreamInfo {
        try check(name, "stream")
        return try NATSStreamInfo.decode(try await call("STREAM.\(verb).\(name)", body)).get()
    }
}
