internal import Synchronization

/// A bucket for each key, forgotten when it has been idle for long enough to be full.
///
/// Two generations, of which the older is thrown away whole. They turn when all that is in the older one is idle, or
/// when the younger is full: then those are forgotten that have not been used for longest, so memory stays bounded
/// whoever comes. Any thread.
package final class BucketTable: Sendable {
    private struct Generations {
        var younger: [UInt64: TokenBucket] = [:]
        var older: [UInt64: TokenBucket] = [:]
        var turned = Int64.min
    }

    private let rate: Rate
    private let limit: Int
    private let generations = Mutex(Generations())

    /// - Parameter limit: of buckets in one generation.
    package init(_ rate: Rate, limit: Int = 100_000) {
        self.rate = rate
        self.limit = limit
    }

    /// Takes a token from the bucket of a key; the keys are hashes.
    ///
    /// - Parameter now: in nanoseconds, of a clock that never goes back.
    package func take(_ key: UInt64, now: Int64) -> TokenBucket.Outcome {
        generations.withLock { generations in
            if generations.younger.count >= limit || now >= generations.turned + rate.memory {
                generations.older = generations.younger
                generations.younger = [:]
                generations.turned = now
            }
            var bucket = generations.younger[key] ?? generations.older[key] ?? TokenBucket()
            defer { generations.younger[key] = bucket }
            return bucket.take(rate, now: now)
        }
    }

    /// How many buckets are kept, those that are full among them.
    package var count: Int { generations.withLock { $0.younger.count + $0.older.count } }
}
