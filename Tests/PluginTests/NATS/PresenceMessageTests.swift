import NATSPlugin
import PluginKit
import TestSupport
import Testing

@Suite("What processes tell each other of presence")
struct PresenceMessageTests {
    private static let me = ProcessID(started: 1_700_000_000_000_000_000, random: 42)
    private static let other = ProcessID(started: 0, random: .max)

    private static func entry(_ channel: String, _ name: String?, _ connections: Int) -> PresenceEntry {
        PresenceEntry(key: PresenceKey(channel: channel, name: name), connections: connections)
    }

    static let kinds: [PresenceMessage.Kind] = [
        .beat, .end, .ask(of: nil), .ask(of: other), .change(entry("room.a", nil, 3)), .change(entry("a", "ada", 0)),
        .change(entry("\u{301}a", "\u{301}", 1)),
        .change(entry("東京", "a b\n%41\u{0}é", 1)), .part(index: 0, isLast: true, []),
        .part(index: 7, isLast: false, [entry("a", nil, 1), entry("a", "b c", 2), entry("d.e", "%", 1_000_000_000)]),
    ]

    @Test("Each is read as it was written", arguments: kinds)
    func roundTrip(kind: PresenceMessage.Kind) {
        let message = PresenceMessage(sender: Self.me, sequence: .max, kind)
        #expect(PresenceMessage(message.payload) == message)
    }

    @Test("As it looks")
    func text() {
        let part = PresenceMessage(
            sender: ProcessID(started: 35, random: 36), sequence: 5,
            .part(index: 1, isLast: true, [Self.entry("a.b", nil, 2), Self.entry("a.b", "x y", 1)]))
        #expect(part.payload.text == "part z-10 5 1 last\na.b 2\na.b 1 x%20y")
    }

    @Test(
        "Anything else is no message",
        arguments: [
            "", "beat", "beat z-10", "beat z 5", "beat z-10 -1", "beat z-10 5 ", "beat  z-10 5", "boot z-10 5",
            "beat z-10 18446744073709551616", "ask z-10 5 z", "change z-10 5", "change z-10 5 a", "change z-10 5 a b",
            "change z-10 5 a -1", "change z-10 5 a 1000000001", "change z-10 5 a..b 1", "change z-10 5 a.* 1",
            "change z-10 5 a 1 ", "change z-10 5 a 1 b c", "part z-10 5 0", "part z-10 5 x last", "part z-10 5 0 end",
            "part z-10 5 0 last\n", "part z-10 5 0 last\na", "part z-10 5 0 last\na 1\n\nb 1", "\u{FEFF}beat z-10 5",
        ])
    func nonsense(text: String) {
        #expect(PresenceMessage(Payload(text: text)) == nil)
    }

    @Test("Bytes of any kind do no harm, and what is understood is written the same again")
    func fuzz() {
        var generator = SeededGenerator(seed: 7)
        let seeds = Self.kinds.map { PresenceMessage(sender: Self.me, sequence: 3, $0).payload }
        for _ in 0..<20_000 {
            let bytes = mutated(generator.pick(seeds), with: Array(" \n%-.0z".utf8), using: &generator)
            guard let message = PresenceMessage(bytes) else { continue }
            #expect(PresenceMessage(message.payload) == message)
        }
    }

    @Test("Older processes come first")
    func order() {
        #expect(ProcessID(started: 1, random: 9) < ProcessID(started: 2, random: 0))
        #expect(ProcessID(started: 1, random: 1) < ProcessID(started: 1, random: 2))
        #expect(ProcessID("1-1-1") == nil && ProcessID("-1") == nil && ProcessID("!-1") == nil)
    }
}
