import NATSClient
import Testing

@Suite struct NATSStreamHolesTests {
    private enum Step {
        case message(UInt64, after: UInt64)
        case idle
        case begin
        case fail
        /// A look saw these as first and last, and this is what may be gone behind.
        case end(UInt64, UInt64, UInt64?)
    }

    private static let cases: [[Step]] = [
        // No hole, whatever the stream has dropped.
        [.message(2, after: 1), .message(3, after: 2), .begin, .end(3, 3, nil)],
        // Others' sequences, which are still there.
        [.message(5, after: 1), .begin, .end(2, 5, nil)],
        [.message(5, after: 1), .begin, .end(3, 5, 1)],
        // The oldest hole counts.
        [.message(5, after: 1), .message(9, after: 5), .begin, .end(4, 9, 1)],
        // Seen while a look is under way: the next one's.
        [.message(5, after: 1), .begin, .message(9, after: 5), .end(2, 9, nil), .begin, .end(7, 9, 5)],
        [.message(5, after: 1), .begin, .fail, .begin, .end(7, 9, 1)],
        [.message(5, after: 1), .begin, .message(9, after: 5), .fail, .begin, .end(7, 9, 1)],
        // Quiet for long: what came meanwhile was on other subjects.
        [
            .message(2, after: 1), .idle, .begin, .end(1, 90, nil), .idle, .message(100, after: 2), .begin,
            .end(91, 99, nil),
        ],
        [
            .message(2, after: 1), .idle, .begin, .end(1, 90, nil), .idle, .message(100, after: 2), .begin,
            .end(92, 99, 90),
        ],
        // Without a second word of the consumer nothing is certain.
        [.message(2, after: 1), .idle, .begin, .end(1, 90, nil), .message(100, after: 2), .begin, .end(91, 99, 2)],
        [
            .message(2, after: 1), .idle, .begin, .end(1, 90, nil), .idle, .message(91, after: 2), .begin,
            .end(91, 91, nil),
        ],
    ]

    @Test(arguments: cases.indices)
    func tellsWhatMayBeGone(_ index: Int) {
        var holes = NATSStreamHoles()
        for step in Self.cases[index] {
            switch step {
            case .message(let sequence, let last): holes.received(sequence, after: last)
            case .idle: holes.idle()
            case .begin: holes.beginLook()
            case .fail: holes.failLook()
            case .end(let first, let last, let expected): #expect(holes.endLook(first: first, last: last) == expected)
            }
        }
    }

    @Test func asksOnlyWhereThereIsAHole() {
        var holes = NATSStreamHoles()
        holes.received(2, after: 1)
        #expect(!holes.needsLook)
        holes.received(4, after: 2)
        #expect(holes.needsLook)
        holes.beginLook()
        #expect(!holes.needsLook)
    }
}
