import Dispatch
import Messaging
import PluginKit
import Testing

@Suite("The embedded bus")
struct EmbeddedBusTests {
    private let bus = EmbeddedBus()

    @Test("A message reaches every matching subscription, unchanged, before publish returns")
    func delivers() {
        let got = Collected<String>()
        let patterns = ["a.b", "a.*", "*.b", "*.*", "a.>", ">", "a.b", "a", "b.*", "a.b.>", "a.b.*", "*"]
        let subscriptions = patterns.enumerated().map { index, pattern in
            bus.subscribe(pattern) { got.append("\(index) \($0.subject) \($0.payload.text) \($0.frame)") }
        }
        #expect(bus.publish(BusMessage("a.b", "hi", .binary)) == .accepted)
        #expect(got.all.sorted() == (0..<7).map { "\($0) a.b hi binary" })
        for subscription in subscriptions { subscription.cancel() }
        #expect(bus.isIdle)
    }

    @Test("Nobody listens: accepted all the same")
    func unheard() {
        #expect(bus.publish(BusMessage("a", "")) == .accepted)
        #expect(bus.isAvailable)
    }

    @Test(
        "What a server would not take is refused and reaches nobody",
        arguments: [
            "", ".", "a.", ".a", "a..b", "a.*", ">", "a b", "a\r\nPUB b 0", "\u{0}",
            String(repeating: "x", count: 1025),
        ])
    func refuses(subject: String) {
        let got = Collected<BusMessage>()
        _ = bus.subscribe(">") { got.append($0) }
        guard case .refused(let reason) = bus.publish(BusMessage(subject, "x")) else {
            Issue.record("'\(subject)' was taken")
            return
        }
        #expect(reason == Subject.publishProblem(subject))
        #expect(got.all.isEmpty)
    }

    @Test("The largest payload, and one byte more")
    func limit() {
        let got = Collected<Int>()
        _ = bus.subscribe("a") { got.append($0.payload.count) }
        let largest = Payload(repeating: 1, count: EmbeddedBus.maxPayload)
        #expect(bus.publish(BusMessage(subject: "a", payload: largest)) == .accepted)
        #expect(bus.publish(BusMessage(subject: "a", payload: largest + [1])) == .tooLarge(limit: 1_048_576))
        #expect(got.all == [1_048_576])
    }

    /// A NATS server answers `-ERR 'Invalid Subject'` and delivers nothing.
    @Test(
        "A pattern that cannot be subscribed to hears nothing",
        arguments: ["", ">.a", "a.>.b", "a*", "*a", "a.", ".>", "a..>", "**", "a >", "*.>x"])
    func badPattern(pattern: String) {
        let got = Collected<BusMessage>()
        let subscription = bus.subscribe(pattern) { got.append($0) }
        for subject in ["a", "a.b", "a.x.b", "x.a", "ab", "a.>x"] { _ = bus.publish(BusMessage(subject, "x")) }
        #expect(got.all.map(\.subject) == [])
        subscription.cancel()
        #expect(bus.isIdle)
    }

    @Test("Cancelled is silent; others on the same pattern hear on", arguments: ["a.b", "a.*", "a.>", "*.b", ">"])
    func cancels(pattern: String) {
        let first = Collected<String>()
        let second = Collected<String>()
        let one = bus.subscribe(pattern) { first.append($0.payload.text) }
        let two = bus.subscribe(pattern) { second.append($0.payload.text) }
        _ = bus.publish(BusMessage("a.b", "1"))
        one.cancel()
        _ = bus.publish(BusMessage("a.b", "2"))
        #expect(!bus.isIdle)
        two.cancel()
        _ = bus.publish(BusMessage("a.b", "3"))
        #expect(first.all == ["1"])
        #expect(second.all == ["1", "2"])
        #expect(bus.isIdle)
    }

    @Test("Cancelling twice takes nothing from anybody else", arguments: ["a.b", "a.*", "a.>"])
    func cancelsTwice(pattern: String) {
        let got = Collected<String>()
        let gone = bus.subscribe(pattern) { _ in }
        let other = bus.subscribe("*.b") { got.append($0.payload.text) }
        gone.cancel()
        gone.cancel()
        _ = bus.publish(BusMessage("a.b", "1"))
        #expect(got.all == ["1"])
        #expect(!bus.isIdle)
        other.cancel()
        #expect(bus.isIdle)
    }

    @Test("Subjects are bytes, as on a server: what looks alike is not alike", arguments: ["\u{E9}", "e\u{301}"])
    func canonicalEquivalence(subject: String) {
        let got = Collected<String>()
        for pattern in ["\u{E9}", "e\u{301}", "\u{E9}.*", "e\u{301}.*", "*.\u{301}"] {
            _ = bus.subscribe(pattern) { _ in got.append(pattern.utf8.map { String($0, radix: 16) }.joined()) }
        }
        func hex(_ text: String) -> String { text.utf8.map { String($0, radix: 16) }.joined() }
        _ = bus.publish(BusMessage(subject, ""))
        #expect(got.all == [hex(subject)])
        // A combining mark behind a dot does not make it another character.
        _ = bus.publish(BusMessage("\(subject).\u{301}", ""))
        #expect(got.all.dropFirst().sorted() == [hex("\(subject).*"), hex("*.\u{301}")].sorted())
    }

    @Test("A subscription may publish, subscribe and cancel")
    func reentrance() {
        let got = Collected<String>()
        let late = Collected<any BusSubscription>()
        _ = bus.subscribe("start") { [bus] _ in
            late.append(bus.subscribe("next") { got.append($0.payload.text) })
            _ = bus.publish(BusMessage("next", "1"))
            for subscription in late.all { subscription.cancel() }
            _ = bus.publish(BusMessage("next", "2"))
        }
        _ = bus.publish(BusMessage("start", ""))
        #expect(got.all == ["1"])
    }

    @Test("Each publisher's messages keep their order, and none is lost or doubled")
    func order() throws {
        let exact = Collected<String>()
        let wild = Collected<String>()
        _ = bus.subscribe("p.0") { exact.append($0.payload.text) }
        _ = bus.subscribe("p.*") { wild.append($0.payload.text) }
        DispatchQueue.concurrentPerform(iterations: 4) { publisher in
            for number in 0..<1000 { _ = bus.publish(BusMessage("p.\(publisher)", "\(publisher) \(number)")) }
        }
        #expect(wild.count == 4000)
        for publisher in 0..<4 {
            let own = wild.all.filter { $0.hasPrefix("\(publisher) ") }
            try #require(own == (0..<1000).map { "\(publisher) \($0)" })
        }
        #expect(exact.all == (0..<1000).map { "0 \($0)" })
    }

    @Test("Subscribing and cancelling from several threads leaves nothing behind")
    func churn() {
        let got = Collected<Void>()
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for number in 0..<500 {
                let pattern = ["a.b", "a.*", "a.>", "*.b"][(thread + number) % 4]
                let subscription = bus.subscribe(pattern) { _ in got.append(()) }
                _ = bus.publish(BusMessage("a.b", ""))
                subscription.cancel()
            }
        }
        // Its own subscription at the least hears each message.
        #expect(got.count >= 2000)
        #expect(bus.isIdle)
    }
}
