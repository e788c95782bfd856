/// Sequences that did not come to the reader of one subject: those of other subjects, and perhaps messages that left
/// the stream before they could be read. A value without I/O.
///
/// Nothing has left a hole unread while the stream's first sequence is not behind its beginning. That sequence only
/// grows, so a look at the stream that begins after the hole was seen settles it.
package struct NATSStreamHoles: Sendable {
    /// The sequence before the oldest hole that no look covers yet.
    private var fresh: UInt64?
    /// The same of the holes that the look under way covers.
    private var covered: UInt64?
    /// The stream's latest sequence at the last look: all up to it came, once the consumer says that it is idle.
    private var candidate: UInt64?
    /// Everything that matches up to here came.
    package private(set) var floor: UInt64 = 0

    package init() {}

    /// Whether a look is due.
    package var needsLook: Bool { fresh != nil }

    /// A message came, and the one before it was `last`.
    package mutating func received(_ sequence: UInt64, after last: UInt64) {
        let last = max(last, floor)
        if sequence > last + 1, fresh == nil { fresh = last }
    }

    /// The consumer has nothing left to give, and is in order.
    package mutating func idle() {
        if let candidate { floor = max(floor, candidate) }
        candidate = nil
    }

    package mutating func beginLook() {
        covered = covered ?? fresh
        fresh = nil
    }

    /// Nothing was seen: the next look has to cover what this one should have.
    package mutating func failLook() {
        fresh = covered ?? fresh
        covered = nil
    }

    /// - Returns: the sequence behind which messages may have left unread, if any may.
    package mutating func endLook(first: UInt64, last: UInt64) -> UInt64? {
        defer { covered = nil }
        candidate = last
        guard let covered, first > covered + 1 else { return nil }
        return covered
    }
}
