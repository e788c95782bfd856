import NATSClient
import TestSupport
import Testing

/// A cluster of real nats-servers that loses the one in use.
@Suite(.serialized) struct NATSClusterTests {
    private static let lameDuck = "lame_duck_duration: 30s\nlame_duck_grace_period: 10s"

    /// Publishes numbers 0, 1, … until it is told to stop; a few each millisecond.
    private func traffic(_ connection: NATSConnection, _ subject: String) -> Task<Int, Never> {
        Task {
            var number = 0
            while !Task.isCancelled {
                for _ in 0..<5 {
                    #expect(connection.publish(subject: subject, payload: Array("\(number)".utf8)) == .accepted)
                    number += 1
                }
                try? await Task.sleep(for: .milliseconds(1))
            }
            return number
        }
    }

    /// What is wrong about a list that should be 0, 1, … to before `end`.
    private func difference(_ numbers: Collected<Int>, _ end: Int) -> String {
        let values = numbers.values
        if values == Array(0..<end) { return "" }
        let missing = Set(0..<end).subtracting(values).sorted()
        let doubled = Dictionary(grouping: values) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
        let backwards = zip(values, values.dropFirst()).filter { $0 > $1 }
        return "missing \(missing), doubled \(doubled), backwards \(backwards)"
    }

    /// What a connection to the server in use and one to another hear of each other.
    private struct Crowd {
        let toOther = Collected<Int>()
        let toUs = Collected<Int>()
        let own = Collected<Int>()
        let work = Collected<Int>()
        /// Whether there was a link, at each change.
        let links = Collected<Bool>()

        init(_ connection: NATSConnection, _ other: NATSConnection) async throws {
            func listen(_ on: NATSConnection, _ subject: String, _ queue: String? = nil, _ heard: Collected<Int>) {
                _ = on.subscribe(subject: subject, queue: queue) { heard.append(Int($0.text) ?? -1) }
            }
            connection.onStateChange { [links] state in
                if case .connected = state { links.append(true) } else { links.append(false) }
            }
            listen(other, "out", nil, toOther)
            listen(connection, "in", nil, toUs)
            listen(connection, "out", nil, own)
            // Not beside a plain subscription: nats-server sends what a leaving member missed to all of the next.
            listen(connection, "work", "q", work)
            try await other.flush()
            try await connection.flush()
            // All servers have to hear of it.
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    @Test func losesTheServerInUse() async throws {
        let cluster = try Cluster(size: 3)
        defer { cluster.stop() }
        try await cluster.withPair { connection, other in
            let crowd = try await Crowd(connection, other)
            let (out, inward) = (traffic(connection, "out"), traffic(other, "in"))
            try await Task.sleep(for: .milliseconds(200))
            try #require(cluster.current(connection)).kill()
            #expect(await eventually { connection.statistics.reconnects == 1 && connection.isConnected })
            try await Task.sleep(for: .milliseconds(300))
            out.cancel()
            inward.cancel()
            let (published, sent) = (await out.value, await inward.value)
            try await connection.flush()
            try await other.flush()
            let (toOther, toUs) = (crowd.toOther, crowd.toUs)
            #expect(await eventually { toOther.values.last == published - 1 && toUs.values.last == sent - 1 })
            #expect(toOther.values == Set(toOther.values).sorted() && toUs.values == Set(toUs.values).sorted())
            // What we published and nobody heard is counted; what others published meanwhile is announced.
            let lost = published - toOther.count
            #expect(lost <= Int(connection.statistics.maybeLost) && lost < 500)
            #expect(crowd.links.values.contains(false) && crowd.links.values.last == true)
            #expect(connection.statistics.refused == 0)
        }
    }

    /// Nothing is lost, nothing comes twice, nothing changes its order, both ways.
    @Test func leavesALameDuckWithoutLoss() async throws {
        let cluster = try Cluster(size: 3, extra: Self.lameDuck)
        defer { cluster.kill() }
        try await cluster.withPair { connection, other in
            let crowd = try await Crowd(connection, other)
            let tasks = [traffic(connection, "out"), traffic(other, "in"), traffic(other, "work")]
            try await Task.sleep(for: .milliseconds(200))
            let first = try #require(cluster.current(connection))
            first.becomeLameDuck()
            #expect(await eventually { cluster.current(connection) !== first })
            let late = Collected<Int>()
            let subscription = connection.subscribe(subject: "in") { late.append(Int($0.text) ?? -1) }
            try await Task.sleep(for: .milliseconds(300))
            for task in tasks { task.cancel() }
            let (published, sent, worked) = (await tasks[0].value, await tasks[1].value, await tasks[2].value)
            try await connection.flush()
            try await other.flush()
            #expect(
                await eventually {
                    crowd.toOther.count >= published && crowd.toUs.count >= sent && crowd.own.count >= published
                        && crowd.work.count >= worked
                })
            #expect(difference(crowd.toOther, published) == "")
            #expect(difference(crowd.toUs, sent) == "")
            #expect(difference(crowd.own, published) == "")
            #expect(crowd.work.values.sorted() == Array(0..<worked))
            #expect(late.count > 0)
            subscription.cancel()
            #expect(!crowd.links.values.contains(false), "there was always a link")
            #expect(connection.statistics.maybeLost == 0 && connection.statistics.reconnects == 1)
        }
    }

    /// The one server there is stops: the link stays until it goes, and comes back with it.
    @Test func staysWithALameDuckThatIsAlone() async throws {
        try await withServer(Self.lameDuck) { server, connection in
            let received = Collected<String>()
            _ = connection.subscribe(subject: "a") { received.append($0.text) }
            server.becomeLameDuck()
            #expect(
                await eventually { if case .connected(let info) = connection.state { info.isLameDuck } else { false } })
            try await Task.sleep(for: .milliseconds(300))
            #expect(connection.publish(subject: "a", payload: Array("still".utf8)) == .accepted)
            try await connection.flush()
            #expect(received.values == ["still"] && connection.isConnected)
            server.kill()
            #expect(await eventually { connection.reason != nil })
            #expect(connection.publish(subject: "a", payload: Array("again".utf8)) == .accepted)
            try server.start()
            #expect(await eventually { received.values == ["still", "again"] })
            #expect(connection.statistics.reconnects == 1 && connection.statistics.maybeLost == 0)
        }
    }

    /// Closing before, while and after the new server takes over: what was accepted arrives.
    @Test(arguments: [1, 20, 200, 270, 400])
    func closesInTheMiddleOfAMove(_ wait: Int) async throws {
        let cluster = try Cluster(size: 2, extra: Self.lameDuck)
        defer { cluster.kill() }
        try await cluster.withConnection(to: 1) { other in
            let received = Collected<Int>()
            _ = other.subscribe(subject: "out") { received.append(Int($0.text) ?? -1) }
            try await other.flush()
            try await cluster.withConnection(to: 0) { connection in
                _ = connection.subscribe(subject: "any") { _ in }
                try await Task.sleep(for: .milliseconds(100))
                cluster.servers[0].becomeLameDuck()
                for number in 0..<wait {
                    #expect(connection.publish(subject: "out", payload: Array("\(number)".utf8)) == .accepted)
                    try await Task.sleep(for: .milliseconds(1))
                }
                await connection.close()
                #expect(connection.isClosed && connection.statistics.discarded == 0)
            }
            #expect(await eventually { received.count >= wait })
            #expect(received.values == Array(0..<wait))
        }
    }

    /// The server that is about to stop dies before it was left, or right after.
    ///
    /// What it had not passed on is lost: one run of numbers. What it had may come behind what the new server got
    /// meanwhile, since it takes another way; each server's share keeps its order.
    @Test(arguments: [5, 100, 260, 300])
    func lameDuckDiesInTheMiddleOfAMove(_ wait: Int) async throws {
        let cluster = try Cluster(size: 2, extra: Self.lameDuck)
        defer { cluster.kill() }
        try await cluster.withConnection(to: 1) { other in
            let received = Collected<Int>()
            _ = other.subscribe(subject: "out") { received.append(Int($0.text) ?? -1) }
            try await other.flush()
            try await cluster.withConnection(to: 0) { connection in
                let back = Collected<String>()
                _ = connection.subscribe(subject: "back") { back.append($0.text) }
                let gone = connection.subscribe(subject: "back") { back.append("never \($0.text)") }
                try await Task.sleep(for: .milliseconds(100))
                let work = traffic(connection, "out")
                cluster.servers[0].becomeLameDuck()
                try await Task.sleep(for: .milliseconds(wait))
                cluster.servers[0].kill()
                gone.cancel()
                #expect(await eventually { cluster.current(connection) === cluster.servers[1] })
                #expect(connection.statistics.reconnects == 1)
                work.cancel()
                let published = await work.value
                // All of that may have gone to the dead server; this does not.
                #expect(connection.publish(subject: "out", payload: Array("\(published)".utf8)) == .accepted)
                try await connection.flush()
                func missing() -> [Int] { Set(0...published).subtracting(received.values).sorted() }
                #expect(
                    await eventually {
                        received.values.contains(published) && missing().count <= connection.statistics.maybeLost
                    })
                let lost = missing()
                #expect(lost.isEmpty || lost == Array(lost[0]...lost[lost.count - 1]))
                #expect(Set(received.values).count == received.count)
                #expect(isInOrderOfTwo(received.values))
                #expect(other.publish(subject: "back", payload: [0x78]) == .accepted)
                try await other.flush()
                try await connection.flush()
                #expect(back.values == ["x"])
            }
        }
    }

    /// Whether numbers below some number are in order, and those from it on.
    private func isInOrderOfTwo(_ values: [Int]) -> Bool {
        guard let first = zip(values, values.dropFirst()).filter({ $0 > $1 }).map(\.0).min() else { return true }
        let (early, late) = (values.filter { $0 < first }, values.filter { $0 >= first })
        return early == early.sorted() && late == late.sorted()
    }
}
