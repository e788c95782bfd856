import Messaging
import PluginKit
import TestSupport
import Testing

@Suite("Subjects of the embedded bus")
struct SubjectTablePropertyTests {
    private struct Live {
        var id: Int
        var pattern: [String]
        var subscription: any BusSubscription
    }

    private static let words = ["a", "b", "ab", "é", "日"]

    /// Subscriptions come and go; each message must reach those, and only those, that a plain definition names.
    @Test("Random subscriptions against a naive matcher", arguments: 0..<8)
    func property(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let bus = EmbeddedBus()
        var live: [Live] = []
        var lastID = 0
        var deliveries = 0
        let got = Collected<Int>()
        for _ in 0..<1500 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<3:
                lastID += 1
                let pattern = Self.pattern(using: &generator)
                live.append(
                    Live(
                        id: lastID, pattern: pattern,
                        subscription: bus.subscribe(pattern.joined(separator: ".")) { [lastID] _ in got.append(lastID) }
                    ))
            case 3..<5 where live.count > 20 || Bool.random(using: &generator):
                guard let index = live.indices.randomElement(using: &generator) else { continue }
                live.remove(at: index).subscription.cancel()
            default:
                let subject = Self.tokens(upTo: 5, using: &generator)
                let before = got.count
                try #require(bus.publish(BusMessage(subject.joined(separator: "."), "")) == .accepted)
                let expected = live.filter { Self.matches($0.pattern, subject) }.map(\.id)
                try #require(got.all[before...].sorted() == expected, "\(subject) among \(live.map(\.pattern))")
                deliveries += expected.count
            }
        }
        #expect(deliveries > 500)
        for entry in live { entry.subscription.cancel() }
        #expect(bus.isIdle)
    }

    private static func tokens(upTo count: Int, using generator: inout SeededGenerator) -> [String] {
        (0..<Int.random(in: 1...count, using: &generator)).map { _ in words.randomElement(using: &generator) ?? "a" }
    }

    private static func pattern(using generator: inout SeededGenerator) -> [String] {
        var pattern = tokens(upTo: 4, using: &generator)
        for index in pattern.indices where Int.random(in: 0..<3, using: &generator) == 0 { pattern[index] = "*" }
        if Int.random(in: 0..<4, using: &generator) == 0 { pattern[pattern.count - 1] = ">" }
        return pattern
    }

    private static func matches(_ pattern: [String], _ subject: [String]) -> Bool {
        if pattern.last == ">" {
            return subject.count >= pattern.count
                && zip(pattern.dropLast(), subject).allSatisfy { $0 == "*" || $0 == $1 }
        }
        return pattern.count == subject.count && zip(pattern, subject).allSatisfy { $0 == "*" || $0 == $1 }
    }
}
