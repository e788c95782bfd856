extension NATSSubscription {
    /// Ends it, but first gets what the server sent before it knew. Any thread.
    ///
    /// After an error it has ended too: without a link there is nothing more to get.
    ///
    /// - Throws: ``NATSError``, if what was on its way may not have come.
    public func drain(timeout: Duration = .seconds(10)) async throws {
        guard isActive else { return }
        defer { cancel() }
        try await connection?.drain(number, timeout: timeout)
    }
}
