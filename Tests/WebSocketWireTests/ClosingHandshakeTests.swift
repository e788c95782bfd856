import TestSupport
import Testing
import WebSocketWire

@Suite struct ClosingHandshakeTests {
    typealias Event = ClosingHandshake.Event
    typealias Action = ClosingHandshake.Action

    struct Story: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let steps: [(Event, Action)]
        /// What the socket's owner is told.
        let code: UInt16

        init(_ name: String, _ steps: [(Event, Action)], code: UInt16) {
            testDescription = name
            self.steps = steps
            self.code = code
        }
    }

    private static let weClose = (Event.close(code: 1001, reason: "drain"), Action.send(code: 1001, reason: "drain"))

    static let stories: [Story] = [
        Story(
            "the peer closes",
            [(.received(code: 1000), .send(code: 1000, reason: "")), (.flushed, .cut), (.ended, .none)], code: 1000),
        Story(
            "the peer closes without a code",
            [(.received(code: nil), .send(code: nil, reason: "")), (.flushed, .cut)], code: 1005),
        Story(
            "the peer closes and does not read",
            [
                (.received(code: 1000), .send(code: 1000, reason: "")), (.deadline, .cut), (.flushed, .none),
            ], code: 1000),
        Story(
            "the peer closes and is gone",
            [
                (.received(code: 4000), .send(code: 4000, reason: "")), (.ended, .cut), (.flushed, .none),
            ], code: 4000),
        Story("we close", [weClose, (.flushed, .none), (.received(code: 1001), .cut), (.ended, .none)], code: 1001),
        Story(
            "we close twice", [weClose, (.close(code: 1000, reason: ""), .none), (.received(code: 1000), .cut)],
            code: 1001),
        Story(
            "we close and hear nothing", [weClose, (.flushed, .none), (.deadline, .cut), (.deadline, .none)], code: 1001
        ),
        Story("we close and the peer hangs up", [weClose, (.ended, .cut), (.received(code: 1000), .none)], code: 1001),
        Story("both close at once", [weClose, (.received(code: 3000), .cut), (.flushed, .none)], code: 1001),
        Story(
            "we close, the peer answers nonsense", [weClose, (.violation(code: 1002, reason: "x"), .cut)], code: 1001),
        Story(
            "a violation",
            [
                (.violation(code: 1007, reason: "text"), .send(code: 1007, reason: "text")), (.flushed, .endOutput),
                (.ended, .cut),
            ], code: 1007),
        Story(
            "a violation, and the peer stays",
            [
                (.violation(code: 1009, reason: "big"), .send(code: 1009, reason: "big")), (.flushed, .endOutput),
                (.deadline, .cut),
            ], code: 1009),
        Story(
            "a violation, then our own close",
            [
                (.violation(code: 1002, reason: ""), .send(code: 1002, reason: "")),
                (.close(code: 1001, reason: ""), .none),
            ], code: 1002),
        Story("a lost connection", [(.ended, .cut), (.close(code: 1001, reason: ""), .none)], code: 1006),
    ]

    @Test(arguments: stories)
    func plays(_ story: Story) {
        var handshake = ClosingHandshake()
        #expect(handshake.isOpen)
        for (event, action) in story.steps {
            #expect(handshake.handle(event) == action, "\(event)")
            #expect(!handshake.isOpen)
        }
        #expect(handshake.code == story.code)
    }

    /// Whatever happens in whatever order: one Close at most, and one cut, which is the last action.
    @Test(arguments: 0..<50 as Range<UInt64>)
    func anyOrder(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let all: [Event] = [
            .close(code: 1000, reason: ""), .received(code: 1000), .violation(code: 1002, reason: ""), .flushed,
            .deadline,
            .ended,
        ]
        for _ in 0..<50 {
            var handshake = ClosingHandshake()
            let events = (0..<6).compactMap { _ in all.randomElement(using: &random) } + [.ended]
            let actions = events.map { handshake.handle($0) }.filter { $0 != .none }
            let sends = actions.count { if case .send = $0 { true } else { false } }
            #expect(sends <= 1)
            #expect(actions.count { $0 == .cut } == 1)
            #expect(actions.last == .cut)
            #expect(handshake.state == .closed)
        }
    }
}
