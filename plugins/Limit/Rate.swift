/// So many in so long, and how many may come at once: `10/s`, `100/m`, `1000/h`.
package struct Rate: Sendable, Hashable {
    /// Most that a rate or a burst can be, which keeps the arithmetic within 64 bits.
    package static let limit = 1_000_000

    /// Between two when they come evenly, in nanoseconds.
    package let interval: Int64
    /// How many may come at once after a rest.
    package let burst: Int64

    /// - Parameter burst: nil for what comes in one second, minute or hour.
    package init?(_ text: String, burst: Int? = nil) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let count = Int(parts[0]),
            1...Self.limit ~= count, 1...Self.limit ~= burst ?? count
        else { return nil }
        let seconds: Int64
        switch parts[1] {
        case "s": seconds = 1
        case "m": seconds = 60
        case "h": seconds = 3600
        default: return nil
        }
        interval = seconds * 1_000_000_000 / Int64(count)
        self.burst = Int64(burst ?? count)
    }

    /// After so long without anything, whatever came before is of no account.
    package var memory: Int64 { interval * burst }
}
