import AuthPlugin
import Testing

@Suite("Who was let in a moment ago") struct GrantCacheTests {
    private let start = ContinuousClock.now

    @Test func forAWhile() {
        let cache = GrantCache(time: .seconds(10))
        let ada = Grant(subject: "ada")
        #expect(cache.grant([1], now: start) == nil)
        cache.keep(ada, [1], now: start)
        cache.keep(nil, [2], now: start + .seconds(5))
        #expect(cache.grant([1], now: start + .seconds(9)) == .some(ada))
        #expect(cache.grant([1], now: start + .seconds(10)) == nil)
        #expect(cache.grant([2], now: start + .seconds(14)) == .some(nil))
        // The younger generation becomes the older; what is in it still holds.
        cache.keep(nil, [3], now: start + .seconds(12))
        #expect(cache.grant([2], now: start + .seconds(14)) == .some(nil))
        #expect(cache.grant([2], now: start + .seconds(15)) == nil)
    }

    @Test func isBounded() {
        let cache = GrantCache(time: .seconds(10), limit: 8)
        for number in 0..<200 as Range<UInt8> {
            cache.keep(nil, [number], now: start)
            #expect(cache.count <= 16)
            #expect(cache.grant([number], now: start) != nil)
        }
        #expect(cache.grant([0], now: start) == nil)
    }
}
