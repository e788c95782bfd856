import NATSClient
import TestSupport
import Testing

@Suite struct NATSOverlapTests {
    private func message(_ text: some StringProtocol, subject: String = "s") -> NATSMessage {
        NATSMessage(subject: subject, payload: Array(text.utf8))
    }

    /// Letters are messages: what the old link had, what the new one had, and what is left to deliver.
    @Test(arguments: [
        ("", "", ""), ("abc", "", ""), ("", "abc", "abc"), ("abc", "bcd", "d"), ("abcd", "bc", ""), ("ab", "cd", "cd"),
        ("bac", "abcd", "d"), ("aa", "aaa", "a"), ("aab", "ba", ""), ("a", "ba", "b"),
    ])
    func whatIsLeft(_ old: String, _ new: String, _ expected: String) {
        var overlap = NATSOverlap()
        for index in 0..<max(old.count, new.count) {
            if let letter = new.dropFirst(index).first { overlap.hold(message("\(letter)"), for: 1) }
            if let letter = old.dropFirst(index).first { overlap.deliver(message("\(letter)"), to: 1) }
        }
        #expect(overlap.end().map(\.message.text).joined() == expected)
        #expect(overlap.end().isEmpty)
    }

    @Test func copiesThatComeLate() {
        var overlap = NATSOverlap()
        for letter in ["a", "b", "b"] { overlap.deliver(message(letter), to: 1) }
        overlap.hold(message("a"), for: 1)
        #expect(overlap.end().isEmpty)
        let late = ["a", "b", "b", "b", "c"].map { overlap.wasDelivered(message($0), to: 1) }
        #expect(late == [false, true, true, false, false])
    }

    @Test func whatMakesMessagesDifferent() {
        var overlap = NATSOverlap()
        overlap.deliver(message("a"), to: 1)
        var other = message("a")
        other.headers = [("h", "1")]
        overlap.hold(other, for: 1)
        overlap.hold(message("a", subject: "t"), for: 1)
        overlap.hold(message("a"), for: 2)
        overlap.hold(message("a"), for: 1)
        #expect(overlap.end().map(\.subscription) == [1, 1, 2])
    }

    @Test func isBounded() {
        var overlap = NATSOverlap(limit: 1000)
        overlap.deliver(message("a"), to: 1)
        #expect(!overlap.isFull)
        for _ in 0..<20 { overlap.hold(message("b"), for: 1) }
        #expect(overlap.isFull && overlap.end().count == 20)
    }
}
