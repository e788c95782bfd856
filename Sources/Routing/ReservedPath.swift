/// Paths under `/_ah/`, which skip the dispatch rules, all but two families.
///
/// - Source: App Engine's dispatch documentation; the two families are in Google's own server.
enum ReservedPath {
    static let prefix = Array("/_ah/".utf8)
    static let dispatched = [Array("/_ah/queue/deferred".utf8), Array("/_ah/api".utf8)]

    /// Whether a decoded path skips the rules. Does not allocate.
    static func contains(_ path: Span<UInt8>) -> Bool {
        guard path.starts(with: prefix) else { return false }
        return !dispatched.contains { path.starts(with: $0) }
    }

    /// Whether every path skips the rules that is `text`, or starts with it if `isPrefix`.
    static func all(_ text: [UInt8], isPrefix: Bool) -> Bool {
        text.starts(with: prefix)
            && !dispatched.contains { text.starts(with: $0) || (isPrefix && $0.starts(with: text)) }
    }

    /// Whether no path skips the rules that is `text`, or starts with it if `isPrefix`.
    static func none(_ text: [UInt8], isPrefix: Bool) -> Bool {
        if dispatched.contains(where: { text.starts(with: $0) }) { return true }
        return !text.starts(with: prefix) && !(isPrefix && prefix.starts(with: text))
    }
}
