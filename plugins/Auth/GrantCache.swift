internal import Synchronization

/// Who was let in a moment ago: nobody is asked again about the same request so soon.
///
/// Two generations, of which the older is thrown away whole: when it has served its time, or when the younger is full.
package final class GrantCache: Sendable {
    private struct Entry {
        var grant: Grant?
        var ends: ContinuousClock.Instant
    }

    private struct Generations {
        var younger: [[UInt8]: Entry] = [:]
        var older: [[UInt8]: Entry] = [:]
        var turned: ContinuousClock.Instant?
    }

    private let time: Duration
    private let limit: Int
    private let generations = Mutex(Generations())

    /// - Parameter limit: of entries in one generation.
    package init(time: Duration, limit: Int = 10_000) {
        self.time = time
        self.limit = limit
    }

    /// What was granted, itself nil if nothing was said of the client; nil outside if nothing is known.
    package func grant(_ digest: [UInt8], now: ContinuousClock.Instant = .now) -> Grant?? {
        generations.withLock { generations in
            guard let entry = generations.younger[digest] ?? generations.older[digest], now < entry.ends else {
                return nil
            }
            return .some(entry.grant)
        }
    }

    package func keep(_ grant: Grant?, _ digest: [UInt8], now: ContinuousClock.Instant = .now) {
        generations.withLock { generations in
            if generations.younger.count >= limit || generations.turned.map({ now - $0 >= time }) ?? true {
                generations.older = generations.younger
                generations.younger = [:]
                generations.turned = now
            }
            generations.younger[digest] = Entry(grant: grant, ends: now + time)
        }
    }

    /// How many are kept, outdated ones among them.
    package var count: Int { generations.withLock { $0.younger.count + $0.older.count } }
}
