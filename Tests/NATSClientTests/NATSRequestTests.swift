import NATSClient
import TestSupport
import Testing

/// Against a real nats-server.
@Suite(.serialized) struct NATSRequestTests {
    @Test func answersComeToWhoAsked() async throws {
        try await withServer { _, connection in
            _ = connection.subscribe(subject: "echo") { message in
                connection.respond(to: message, headers: [("X", "y")], payload: message.payload)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<500 {
                    group.addTask {
                        let answer = try await connection.request(subject: "echo", payload: Array("\(number)".utf8))
                        #expect(answer.text == "\(number)" && answer.headers.first?.1 == "y")
                    }
                }
                try await group.waitForAll()
            }
            #expect(connection.statistics.subscriptions == 2, "one inbox for all")
        }
    }

    @Test(
        arguments: [
            ("nobody", [], NATSRequestError.noResponders), ("silent", [], .timeout),
            ("bad subject", [], .refused(.badSubject)),
            ("silent", [("a:b", "c")], .refused(.badHeader)),
        ] as [(String, [(String, String)], NATSRequestError)])
    func fails(_ subject: String, _ headers: [(String, String)], _ expected: NATSRequestError) async throws {
        try await withServer { _, connection in
            _ = connection.subscribe(subject: "silent") { _ in }
            await #expect(throws: expected) {
                try await connection.request(subject: subject, headers: headers, timeout: .milliseconds(60))
            }
        }
    }

    @Test func lostLinkEndsTheWaitAtOnce() async throws {
        try await withServer { server, connection in
            _ = connection.subscribe(subject: "silent") { _ in }
            let answer = Task { try await connection.request(subject: "silent", timeout: .seconds(60)) }
            try await Task.sleep(for: .milliseconds(50))
            server.kill()
            let error = await #expect(throws: NATSRequestError.self) { try await answer.value }
            #expect(error?.label == "connectionLost")
            await #expect(throws: NATSRequestError.disconnected) {
                try await connection.request(subject: "silent", timeout: .seconds(60))
            }
            #expect(connection.statistics.waiting == 0, "a request does not wait for a link")
            // And the inbox is there again with the next link.
            try server.start()
            #expect(await eventually { connection.isConnected })
            await #expect(throws: NATSRequestError.noResponders) { try await connection.request(subject: "nobody") }
            await connection.close()
            await #expect(throws: NATSRequestError.closed) { try await connection.request(subject: "silent") }
        }
    }

    @Test func closeEndsTheWait() async throws {
        try await withServer { _, connection in
            _ = connection.subscribe(subject: "silent") { _ in }
            let answer = Task { try await connection.request(subject: "silent", timeout: .seconds(60)) }
            try await Task.sleep(for: .milliseconds(50))
            await connection.close()
            await #expect(throws: NATSRequestError.closed) { try await answer.value }
        }
    }

    @Test func cancelledRequestsAreForgotten() async throws {
        try await withServer { _, connection in
            _ = connection.subscribe(subject: "silent") { _ in }
            let task = Task { try await connection.request(subject: "silent", timeout: .seconds(60)) }
            try await Task.sleep(for: .milliseconds(20))
            task.cancel()
            await #expect(throws: NATSRequestError.cancelled) { try await task.value }
            let called = Collected<Bool>()
            let request = connection.request(subject: "silent", timeout: .milliseconds(40)) { _ in called.append(true) }
            request.cancel()
            try await Task.sleep(for: .milliseconds(100))
            #expect(called.count == 0)
        }
    }
}

/// Against a model: a dictionary of deadlines.
@Suite struct NATSRequestWheelTests {
    @Test(arguments: 0..<8) func keepsDeadlines(_ seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var now = UInt64.random(in: 0...1000, using: &generator)
        var wheel = NATSRequestWheel<UInt64>(tick: now)
        var model: [UInt64: UInt64] = [:]
        for value in 0..<4000 as Range<UInt64> {
            switch generator.below(4) {
            case 0, 1:
                let deadline = now + UInt64(1 + generator.below(generator.below(2) == 0 ? 20 : 1000))
                model[wheel.insert(deadline &* 1_000_000 &+ value, deadline: deadline, now: now)] = deadline
            case 2:
                guard let number = model.keys.min() else { continue }
                #expect((wheel.remove(number) ?? 0) / 1_000_000 == model.removeValue(forKey: number))
                #expect(wheel.remove(number) == nil)
            default:
                now += UInt64(generator.below(generator.below(8) == 0 ? 2000 : 3))
                let expired = wheel.expire(now: now).map { $0 / 1_000_000 }.sorted()
                #expect(expired == model.values.filter { $0 <= now }.sorted())
                model = model.filter { $0.value > now }
            }
            #expect(wheel.count == model.count)
        }
        #expect(wheel.removeAll().count == model.count && wheel.count == 0)
    }
}
