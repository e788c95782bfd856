import LimitPlugin
import TestSupport
import Testing

@Suite("Tables of buckets") struct BucketTableTests {
    /// Forgetting is never noticed: each key fares as with a bucket kept for ever.
    @Test func forgetsOnlyWhatIsFull() throws {
        var generator = SeededGenerator(seed: 6585)
        let rate = try #require(Rate("5/s", burst: 8))
        let table = BucketTable(rate)
        var kept: [UInt64: TokenBucket] = [:]
        var now: Int64 = 0
        for _ in 0..<5000 {
            // Emptied at once, and then left alone for about as long as it takes to fill again.
            now += Int64.random(in: 0...rate.memory / 5, using: &generator)
            let key = UInt64.random(in: 0..<8, using: &generator)
            for _ in 0..<Int.random(in: 1...10, using: &generator) {
                let expected = kept[key, default: TokenBucket()].take(rate, now: now)
                #expect(table.take(key, now: now) == expected)
            }
        }
    }

    @Test func staysSmall() throws {
        let table = BucketTable(try #require(Rate("10/h")), limit: 100)
        for key in 0..<10_000 as Range<UInt64> {
            #expect(table.take(key, now: 5) == .taken)
            #expect(table.count <= 200)
        }
    }

    @Test func idleBucketsGo() throws {
        let rate = try #require(Rate("10/s"))
        let table = BucketTable(rate)
        for key in 0..<1000 as Range<UInt64> { _ = table.take(key, now: 0) }
        #expect(table.count == 1000)
        for step in 1...3 as ClosedRange<Int64> { _ = table.take(0, now: step * rate.memory) }
        #expect(table.count <= 2)
    }

    /// Whoever goes on all the time is not forgotten because many others come.
    @Test func theBusyStay() throws {
        let rate = try #require(Rate("10/h"))
        let table = BucketTable(rate, limit: 100)
        var taken = 0
        for key in 1..<5000 as Range<UInt64> {
            if table.take(0, now: 0) == .taken { taken += 1 }
            _ = table.take(key, now: 0)
        }
        #expect(taken == 10)
    }
}
