import Messaging
import NIOCore
import NIOEmbedded
import PluginKit
import Testing

@Suite("What clients are told of the link to the bus")
struct LinkTests {
    private let bus = CountingBus()
    private let loops = [EmbeddedEventLoop(), EmbeddedEventLoop()]
    private let hubs: [LoopHub]

    init() {
        let hub = Hub(bus: bus)
        hubs = loops.map { LoopHub(hub: hub, loop: $0) }
    }

    private func client(_ loop: Int = 0, _ feeds: Feed...) -> Client {
        let client = Client(hubs[loop])
        for feed in feeds { client.join(feed) }
        return client
    }

    private func run() { for loop in loops { loop.run() } }

    private func opened(_ stream: String) async throws -> any History {
        let history = bus.history(HistoryConfiguration(stream: stream, subjects: ["h.>"]))
        try await history.open()
        return history
    }

    private static let coreNotices = ["bus down", "bus up", "gap"]
    private static let keptNotices = ["bus down", "bus up"]

    @Test("Each client once, on every loop; a gap only where nothing was kept")
    func once() async throws {
        let history = try await opened("S")
        let kept = { (number: Int) in Feed("h.\(number)", format: .envelope, history: history) }
        let core = { (number: Int) in Feed("c.\(number)", format: .envelope) }
        let clients = [
            client(0, core(1)), client(1, core(1)), client(0, core(1), core(2), core(3)), client(0, kept(1)),
            client(1, kept(1), kept(2)), client(0, kept(1), core(1)), client(1, core(1), kept(2), core(2)),
        ]
        run()
        bus.link(.down(reason: "gone"))
        run()
        bus.link(.up)
        run()
        for (index, client) in clients.enumerated() {
            #expect(client.texts.shortened == ([3, 4].contains(index) ? Self.keptNotices : Self.coreNotices), "\(index)")
        }
    }

    @Test("In order with the messages, also for those that are behind")
    func order() {
        let clients = [client(0, Feed("a", format: .envelope)), client(0, Feed("a", format: .envelope))]
        clients[1].isStuck = true
        bus.publish("a", "1")
        run()
        bus.publish("a", "2")
        bus.link(.down(reason: "gone"))
        bus.link(.up)
        bus.publish("a", "3")
        run()
        clients[1].take()
        for client in clients { #expect(client.texts.shortened == ["1", "2"] + Self.coreNotices + ["3"]) }
    }

    @Test("Payloads go on as they are where nothing else goes")
    func raw() {
        let client = client(0, Feed("a"))
        bus.publish("a", "1")
        bus.link(.down(reason: "gone"))
        bus.link(.up)
        run()
        bus.link(.down(reason: "gone"))
        run()
        bus.publish("a", "2")
        run()
        #expect(client.texts == ["1", "2"] && client.writes.count == 2)
        #expect(hubs[0].statistics.deliveries == 2)
    }
}
