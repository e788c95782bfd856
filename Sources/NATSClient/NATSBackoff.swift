/// How long to wait before the next round of attempts: doubled each time, up to a bound, with jitter.
package struct NATSBackoff: Sendable {
    private let bounds: ClosedRange<Duration>
    private var rounds = 0

    package init(_ bounds: ClosedRange<Duration>) { self.bounds = bounds }

    /// - Parameter random: in 0..<1; the wait is between half of the full one and the full one.
    package mutating func next(random: Double = .random(in: 0..<1)) -> Duration {
        let doublings = min(rounds, 30)
        rounds += 1
        let full = min(bounds.lowerBound * (1 << doublings), bounds.upperBound)
        return full * (0.5 + random / 2)
    }

    package mutating func reset() { rounds = 0 }
}
