import Messaging
import NIOCore
import NIOEmbedded
import PluginKit
import Testing

@Suite("A loop that is too far behind to take messages in")
struct OverrunTests {
    private let bus = EmbeddedBus()
    private let loop = EmbeddedEventLoop()
    private let loopHub: LoopHub

    init() { loopHub = LoopHub(hub: Hub(bus: bus), loop: loop, budget: 1 << 20) }

    /// The least that may wait is 4 MB, so of payloads of 1 MB four are taken in: the fourth goes past it.
    private func publishMegabytes(_ count: Int, _ subject: String) {
        let payload = Payload(repeating: UInt8(ascii: "x"), count: 1 << 20)
        for _ in 0..<count { _ = bus.publish(BusMessage(subject: subject, payload: payload)) }
    }

    @Test("What is past the bound is left out and counted; its feed is told of a gap, others are not")
    func core() {
        let told = Client(loopHub)
        told.join(Feed("a", format: .envelope))
        let other = Client(loopHub)
        other.join(Feed("b", format: .envelope))
        publishMegabytes(8, "a")
        loop.run()
        #expect(loopHub.statistics.messagesOverrun == 4)
        #expect(told.texts.count == 5)
        #expect(told.texts.last == #"{"type":"gap"}"#)
        #expect(other.texts == [])
        // It goes on as if nothing had been.
        _ = bus.publish(BusMessage("a", "after"))
        loop.run()
        #expect(told.texts.last?.contains("after") == true)
        #expect(loopHub.statistics.messagesOverrun == 4)
    }

    @Test("A history's clients learn up to where messages are gone")
    func history() async throws {
        let history = bus.history(HistoryConfiguration(stream: "s", subjects: ["a"], bytes: 1 << 30))
        try await history.open()
        let client = Client(loopHub)
        client.join(Feed("a", format: .envelope, history: history))
        loop.run()
        publishMegabytes(8, "a")
        loop.run()
        let last = try #require(client.texts.last)
        #expect(last.hasPrefix(#"{"type":"gap","after":""#) && last.hasSuffix(#":8"}"#))
        _ = bus.publish(BusMessage("a", "after"))
        loop.run()
        #expect(client.texts.last?.contains(#""sequence":9"#) == true)
        await history.close()
    }
}
