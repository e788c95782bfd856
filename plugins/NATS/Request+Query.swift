import PluginKit

extension Request {
    /// The first value of that name in the query, percent-decoded, `+` as a space; "" if it has none.
    func queryValue(_ name: String) -> String? {
        guard let query else { return nil }
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard PercentText.decoded(parts[0], plusIsSpace: true) == name else { continue }
            return parts.count == 2 ? PercentText.decoded(parts[1], plusIsSpace: true) : ""
        }
        return nil
    }
}
