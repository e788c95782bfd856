import PluginKit

/// Where a client says it left off.
enum Resume {
    /// The token of `Last-Event-ID`, which browsers send by themselves when they come back, else of the query: `since`,
    /// or `lastEventId` as clients write it that imitate them.
    ///
    /// - Throws: 400 for what is no token, or for a token where nothing is kept.
    static func token(_ request: Request, hasHistory: Bool) throws(Refusal) -> HistoryToken? {
        let written = request.queryValue("since") ?? request.queryValue("lastEventId")
        guard hasHistory else {
            // The header may be left from a time when there was a history; whoever writes `since` relies on it.
            if written != nil { throw Refusal(400, "nothing is kept here: 'since' has no meaning", request) }
            return nil
        }
        guard let text = request.headers["Last-Event-ID"] ?? written else { return nil }
        guard let token = HistoryToken(text) else {
            throw Refusal(400, "'since' must be the id of a message", request)
        }
        return token
    }
}
