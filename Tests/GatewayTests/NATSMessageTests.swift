import Gateway
import NATSClient
import PluginKit
import TestSupport
import Testing

/// Messages of others, who may write what they like into the gateway's headers.
@Suite(.serialized) struct NATSMessageTests {
    private static let origins: [([String], UInt64)] = [
        (["1"], 1), (["18446744073709551615"], .max), (["007"], 7), (["18446744073709551616"], 0), (["0"], 0),
        ([""], 0),
        (["+5"], 0), (["-5"], 0), (["5 6"], 0), (["0x10"], 0), (["five"], 0), (["１"], 0), (["x", "3"], 3),
        (["2", "3"], 2),
    ]

    @Test(arguments: origins.indices)
    func originsOfOthers(_ index: Int) async throws {
        let (values, expected) = Self.origins[index]
        try await withNATS { server in
            try await withBus(on: [server]) { bus in
                let heard = Heard<BusMessage>()
                _ = bus.subscribe("a") { heard.append($0) }
                let headers = values.map { ("Switchyard-Origin", $0) } + [("Switchyard-Frame", "strange"), ("A", "b")]
                #expect(bus.connection.publish(subject: "a", headers: headers, payload: [1]) == .accepted)
                #expect(await eventually { heard.count == 1 })
                #expect(heard.all[0].origin == expected && heard.all[0].frame == .unspecified)
                #expect(heard.all[0].headers.map(\.name) == ["A"])
            }
        }
    }

    /// The life of a stream that nobody opened here is not known, and not made up.
    @Test func aReceiptOfAnUnknownStream() async throws {
        try await withBuses(.nats) { buses in
            _ = try await buses.history()
            let known = try await buses.one.store(BusMessage("room.a", ""), id: nil, timeout: .seconds(5))
            let unknown = try await buses.two.store(BusMessage("room.a", ""), id: nil, timeout: .seconds(5))
            #expect(known.token.epoch != nil && unknown.token.epoch == nil && unknown.token.sequence == 2)
        }
    }
}
