import PluginKit

/// Names one gateway process among those that share a bus. Older ones come first.
package struct ProcessID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Nanoseconds since 1970.
    package let started: UInt64
    /// Tells those apart that started together.
    package let random: UInt64

    package init(started: UInt64, random: UInt64) {
        self.started = started
        self.random = random
    }

    /// Another one each time.
    package static func unique() -> ProcessID {
        ProcessID(started: UInt64(max(0, WallClock.nanoseconds())), random: .random(in: 0...UInt64.max))
    }

    /// Nil if `text` is none.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-")
        guard parts.count == 2, let started = UInt64(parts[0], radix: 36), let random = UInt64(parts[1], radix: 36)
        else {
            return nil
        }
        self.init(started: started, random: random)
    }

    package var description: String { String(started, radix: 36) + "-" + String(random, radix: 36) }

    package static func < (one: ProcessID, other: ProcessID) -> Bool {
        (one.started, one.random) < (other.started, other.random)
    }
}
