import Dispatch
import Messaging
import PluginKit
import Synchronization
import Testing

/// What only the embedded bus can promise; the rest is in the suite for both buses.
@Suite("The embedded bus")
struct EmbeddedBusTests {
    private let bus = EmbeddedBus()

    @Test("A message reaches its subscriptions, unchanged, before publish returns")
    func delivers() {
        let got = Collected<String>()
        let subscriptions = ["a.b", "a.*", ">", "a", "b.*"].enumerated().map { index, pattern in
            bus.subscribe(pattern) { got.append("\(index) \($0.subject) \($0.payload.text) \($0.frame)") }
        }
        #expect(bus.publish(BusMessage("a.b", "hi", .text)) == .accepted)
        #expect(got.all.sorted() == (0..<3).map { "\($0) a.b hi text" })
        for subscription in subscriptions { subscription.cancel() }
        #expect(bus.isIdle)
    }

    @Test("Cancelling leaves nothing behind, and twice takes nothing from others", arguments: ["a.b", "a.*", "a.>"])
    func cancels(pattern: String) {
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
        // What could not be subscribed to was never there.
        bus.subscribe("a..b") { _ in }.cancel()
        #expect(bus.isIdle)
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

    @Test("Whoever is behind makes publishers wait")
    func congestion() {
        let congestion = Mutex<Congestion?>(nil)
        let slow = bus.subscribe("a", queue: nil, congestion: { _ in congestion.withLock { $0 } }) { _ in }
        #expect(bus.publish(BusMessage("a", "")) == .accepted)
        let jam = Congestion()
        congestion.withLock { $0 = jam }
        #expect(bus.publish(BusMessage("a", "")) == .congested(jam))
        slow.cancel()
        #expect(bus.publish(BusMessage("a", "")) == .accepted)
        #expect(bus.isIdle)
    }
}
