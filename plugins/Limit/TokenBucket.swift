/// A bucket of tokens that fills evenly, kept as one number: the time at which it will be full again.
///
/// Times are nanoseconds of a clock that never goes back. A bucket that is full is like one that was never used.
package struct TokenBucket: Sendable, Hashable {
    package enum Outcome: Sendable, Hashable {
        case taken
        /// There is a token again after so many nanoseconds.
        case empty(wait: Int64)
    }

    private var fullAt: Int64

    package init() { fullAt = .min }

    package mutating func take(_ rate: Rate, now: Int64) -> Outcome {
        let full = max(fullAt, now)
        let wait = full - now - (rate.burst - 1) * rate.interval
        guard wait <= 0 else { return .empty(wait: wait) }
        fullAt = full + rate.interval
        return .taken
    }
}
