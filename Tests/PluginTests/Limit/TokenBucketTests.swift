import LimitPlugin
import TestSupport
import Testing

@Suite("Token buckets") struct TokenBucketTests {
    private static let second: Int64 = 1_000_000_000

    @Test(
        arguments: [
            ("10/s", nil, 100_000_000, 10), ("1/s", nil, second, 1), ("60/m", nil, second, 60),
            ("2/m", nil, 30 * second, 2),
            ("1/h", nil, 3600 * second, 1), ("3600/h", 5, second, 5), ("10/s", 1, 100_000_000, 1),
            ("1000000/s", nil, 1000, 1_000_000), ("1/h", 1_000_000, 3600 * second, 1_000_000),
        ] as [(String, Int?, Int64, Int64)])
    func rates(_ text: String, _ burst: Int?, _ interval: Int64, _ count: Int64) throws {
        let rate = try #require(Rate(text, burst: burst))
        #expect(rate.interval == interval && rate.burst == count)
        #expect(rate.memory == interval * count)
    }

    @Test(arguments: [
        "", "10", "10/", "/s", "0/s", "-1/s", "+1/s", "1.5/s", "10/d", "10/S", "10 /s", "10/s ", "10/s/s", "1000001/s",
        "99999999999999999999/s", "١/s",
    ])
    func noRates(_ text: String) { #expect(Rate(text) == nil) }

    @Test func noBursts() {
        #expect(Rate("1/s", burst: 0) == nil)
        #expect(Rate("1/s", burst: 1_000_001) == nil)
    }

    /// Takes at these tenths of a second: whether there is a token, and after how many tenths there is one.
    @Test(arguments: [
        (
            "10/s", 3,
            [(0, 0), (0, 0), (0, 0), (0, 1), (0, 1), (1, 0), (1, 1), (2, 0), (10, 0), (10, 0), (10, 0), (10, 1)]
        ),
        ("1/s", 1, [(0, 0), (1, 9), (9, 1), (10, 0), (15, 5), (20, 0)]),
        ("2/s", 2, [(0, 0), (0, 0), (0, 5), (4, 1), (5, 0), (6, 4), (100, 0), (100, 0), (100, 5)]),
    ])
    func tokens(_ text: String, _ burst: Int, _ steps: [(at: Int64, wait: Int64)]) throws {
        let rate = try #require(Rate(text, burst: burst))
        var bucket = TokenBucket()
        for (at, wait) in steps {
            let outcome = bucket.take(rate, now: at * Self.second / 10)
            #expect(outcome == (wait == 0 ? .taken : .empty(wait: wait * Self.second / 10)), "at \(at)")
        }
    }

    /// In any stretch of time no more than the burst and what the rate gives for it, and of an eager client no less.
    @Test func holdsTheRate() throws {
        var generator = SeededGenerator(seed: 429)
        for _ in 0..<200 {
            let rate = try #require(
                Rate("\(Int.random(in: 1...50, using: &generator))/s", burst: Int.random(in: 2...20, using: &generator))
            )
            var bucket = TokenBucket()
            var now = Int64.random(in: 0...1 << 50, using: &generator)
            let start = now
            var taken: Int64 = 0
            for _ in 0..<300 {
                now += Int64.random(in: 0...rate.interval / 2, using: &generator)
                if bucket.take(rate, now: now) == .taken { taken += 1 }
                #expect(taken <= rate.burst + (now - start) / rate.interval)
            }
            #expect(taken >= min(300, (now - start) / rate.interval))
        }
    }
}
