import Dispatch
import Messaging
import NIOCore
import NIOPosix
import PluginKit
import Testing

/// The hub on real event loops, with publishers and members on several threads.
@Suite("The hub and threads", .timeLimit(.minutes(1)))
struct HubThreadTests {
    private let bus = CountingBus()
    private let hub: Hub
    private let loops: [any EventLoop]
    private let loopHubs: [LoopHub]

    init() {
        let hub = Hub(bus: bus)
        self.hub = hub
        loops = (0..<2).map { _ in MultiThreadedEventLoopGroup.singleton.next() }
        loopHubs = loops.map { LoopHub(hub: hub, loop: $0) }
    }

    private func clients(_ subjects: [String]) async throws -> [NIOLoopBound<Client>] {
        var clients: [NIOLoopBound<Client>] = []
        for (loop, loopHub) in zip(loops, loopHubs) {
            for subject in subjects {
                clients.append(try await loop.submit { NIOLoopBound(Client(loopHub, subject), eventLoop: loop) }.get())
            }
        }
        return clients
    }

    /// Each client's texts, after all that was published before has been written.
    private func texts(_ clients: [NIOLoopBound<Client>]) async throws -> [[String]] {
        var texts: [[String]] = []
        for client in clients { texts.append(try await client.eventLoop.submit { client.value.texts }.get()) }
        return texts
    }

    private func leaveAll(_ clients: [NIOLoopBound<Client>]) async throws {
        for client in clients { try await client.eventLoop.submit { client.value.leaveAll() }.get() }
    }

    @Test("Four publishers, two loops: each publisher's order, nothing lost, nothing doubled")
    func publishers() async throws {
        let clients = try await clients(["p.1", "p.*", ">"])
        DispatchQueue.concurrentPerform(iterations: 4) { publisher in
            for number in 0..<1500 { bus.publish("p.\(publisher)", "\(publisher) \(number)") }
        }
        for (index, texts) in try await texts(clients).enumerated() {
            for publisher in 0..<4 {
                let own = texts.filter { $0.hasPrefix("\(publisher) ") }
                let hears = index % 3 > 0 || publisher == 1
                try #require(own == (hears ? (0..<1500).map { "\(publisher) \($0)" } : []))
            }
        }
        try await leaveAll(clients)
        #expect(bus.subscriptions == [:])
        #expect(hub.subscriptionCount == 0)
    }

    @Test("Joins and leaves on both loops, and publishing all the while")
    func churn() async throws {
        let stays = try await clients(["t"])
        let churning = try await clients(["u", "u"])
        let storm = churning.map { client in
            client.eventLoop.submit {
                for round in 0..<400 {
                    client.value.join("t")
                    if round % 3 == 0 { client.value.leave("u") }
                    client.value.leave("t")
                    client.value.join("u")
                }
                client.value.leaveAll()
            }
        }
        DispatchQueue.concurrentPerform(iterations: 2) { publisher in
            for number in 0..<2000 {
                bus.publish("t", "\(publisher) \(number)")
                bus.publish("u", "unheard")
            }
        }
        for future in storm { try await future.get() }
        #expect(bus.subscriptions == ["t": 1])
        for texts in try await texts(stays) {
            for publisher in 0..<2 {
                try #require(texts.filter { $0.hasPrefix("\(publisher) ") } == (0..<2000).map { "\(publisher) \($0)" })
            }
        }
        try await leaveAll(stays)
        #expect(bus.subscriptions == [:])
        #expect(hub.subscriptionCount == 0)
    }
}
