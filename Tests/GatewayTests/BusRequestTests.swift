import PluginKit
import Testing

/// Requests, on both buses.
@Suite(.serialized) struct BusRequestTests {
    @Test(arguments: BusKind.allCases)
    func theFirstAnswerCounts(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let bus = buses.two
            for name in ["a", "b"] {
                _ = bus.subscribe("ask.*") { message in
                    let headers = message.headers.map { "\($0.name)=\($0.value)" }.joined()
                    var answer = BusMessage(
                        message.reply ?? "", "\(name) \(message.text) \(headers) \(message.origin)", .binary)
                    answer.headers = [("X", "y")]
                    _ = bus.publish(answer)
                }
            }
            try await buses.settle()
            for number in 0..<20 {
                let answer = try await buses.one.request(
                    BusMessage("ask.me", "\(number)", headers: [("K", "v")], origin: 9), timeout: .seconds(5))
                #expect(["a \(number) K=v 9", "b \(number) K=v 9"].contains(answer.text))
                #expect(answer.frame == .binary && answer.headers.map(\.value) == ["y"])
            }
        }
    }

    @Test(arguments: BusKind.allCases)
    func nobodyToAskAndNobodyWhoAnswers(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            await #expect(throws: BusFailure.noResponders) {
                try await buses.one.request(BusMessage("ask", ""), timeout: .seconds(5))
            }
            let quiet = buses.two.subscribe("ask") { _ in }
            try await buses.settle()
            await #expect(throws: BusFailure.timeout) {
                try await buses.one.request(BusMessage("ask", ""), timeout: .milliseconds(50))
            }
            quiet.cancel()
            try await buses.settle()
            await #expect(throws: BusFailure.noResponders) {
                try await buses.one.request(BusMessage("ask", ""), timeout: .seconds(5))
            }
        }
    }

    @Test(arguments: BusKind.allCases)
    func whatCannotBeSentIsRefused(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            // Whether or not there is somebody to ask.
            await #expect(throws: BusFailure.refused("a subject cannot be empty or have an empty token")) {
                try await buses.one.request(BusMessage("a..b", ""), timeout: .seconds(5))
            }
            let large = BusMessage(subject: "a", payload: Payload(repeating: 0, count: 1 << 20 + 1))
            await #expect(throws: BusFailure.tooLarge(limit: 1 << 20)) {
                try await buses.one.request(large, timeout: .seconds(5))
            }
            await #expect(throws: BusFailure.refused("a header's name or value cannot travel")) {
                try await buses.one.request(BusMessage("a", "", headers: [("", "x")]), timeout: .seconds(5))
            }
        }
    }

    @Test(arguments: BusKind.allCases)
    func whoWaitsMayGiveUp(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let asked = Heard<BusMessage>()
            _ = buses.two.subscribe("ask") { asked.append($0) }
            try await buses.settle()
            let task = Task { try await buses.one.request(BusMessage("ask", ""), timeout: .seconds(60)) }
            #expect(await eventually { asked.count == 1 })
            task.cancel()
            guard case .failure(let error as BusFailure) = await task.result, case .refused = error else {
                Issue.record("it was not refused")
                return
            }
            // An answer that comes too late harms nobody.
            #expect(buses.two.publish(BusMessage(asked.all[0].reply ?? "", "late")) == .accepted)
        }
    }
}
