import Gateway
import NATSClient
import PluginKit
import TestSupport
import Testing

/// News of the link.
@Suite(.serialized) struct BusWatchTests {
    @Test(arguments: BusKind.allCases)
    func aLinkThatHoldsIsNoNews(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let events = Heard<BusEvent>()
            let watch = buses.one.watch { events.append($0) }
            try await buses.settle()
            watch.cancel()
            #expect(events.all == [])
        }
    }

    @Test func lossAndReturnAreToldInOrder() async throws {
        try await withNATS { server in
            try await withBus(on: [server]) { bus in
                let (events, other) = (Heard<BusEvent>(), Heard<BusEvent>())
                let watch = bus.watch { events.append($0) }
                let cancelled = bus.watch { other.append($0) }
                try await bus.connection.flush()
                cancelled.cancel()
                for round in 1...3 {
                    server.kill()
                    #expect(await eventually { events.count == round * 2 - 1 })
                    // Attempts that fail are no news.
                    try await Task.sleep(for: .milliseconds(100))
                    try server.start()
                    #expect(await eventually { events.count == round * 2 })
                }
                let words = events.all.map { if case .down(let reason) = $0 { reason } else { "up" } }
                #expect(words == Array(repeating: ["the server closed the link", "up"], count: 3).flatMap { $0 })
                #expect(other.all == [])
                watch.cancel()
                server.kill()
                #expect(await eventually { !bus.isAvailable })
                #expect(events.count == 6)
            }
        }
    }

    /// A bus that was never there is not lost, and it comes.
    @Test func theFirstLinkIsToldToo() async throws {
        let port = try NATSServerProcess.freePort()
        let configuration = NATSConfiguration(servers: [NATSServerAddress(host: "127.0.0.1", port: port)])
        try await withBus(on: [], waits: false, change: { $0.servers = configuration.servers }) { bus in
            let events = Heard<BusEvent>()
            let watch = bus.watch { events.append($0) }
            #expect(await eventually { if case .disconnected = bus.connection.state { true } else { false } })
            #expect(!bus.isAvailable && events.all == [])
            let server = try NATSServerProcess(port: port)
            #expect(await eventually { events.all == [.up] && bus.isAvailable })
            watch.cancel()
            server.stop()
        }
    }
}
