/// The path patterns of all rules, side by side in one array of bytes.
struct RulePaths: Sendable {
    private var bytes: [UInt8] = []
    private var entries: [Entry] = []

    private struct Entry {
        let start: Int
        let count: Int
        let isPrefix: Bool
    }

    init(_ patterns: [DispatchPattern.PathPattern]) {
        for pattern in patterns {
            let (text, isPrefix) =
                switch pattern {
                case .exact(let text): (text, false)
                case .prefix(let text): (text, true)
                }
            entries.append(Entry(start: bytes.count, count: text.utf8.count, isPrefix: isPrefix))
            bytes.append(contentsOf: text.utf8)
        }
    }

    /// Whether rule number `rule` takes a decoded path. Does not allocate.
    func matches(_ rule: Int, _ path: Span<UInt8>) -> Bool {
        let entry = entries[rule]
        guard entry.isPrefix ? path.count >= entry.count : path.count == entry.count else { return false }
        for index in 0..<entry.count where path[index] != bytes[entry.start + index] { return false }
        return true
    }
}
