import Messaging
import NIOEmbedded
import PluginKit
import TestSupport
import Testing

/// Random joins, leaves and publishes on two loops, against a model that keeps one list per socket.
@Suite("Fan-out, random")
struct FanOutPropertyTests {
    private static let patterns = ["a", "b", "a.b", "a.c", "a.*", "*.b", ">", "a.>"]
    private static let subjects = ["a", "b", "a.b", "a.c", "c.b", "a.b.c", "z"]

    @Test("Every member gets what it should, in order", arguments: 0..<12)
    func property(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let world = World()
        var number = 0
        for _ in 0..<1200 {
            let index = world.sockets.indices.randomElement(using: &generator) ?? 0
            let pattern = Self.patterns.randomElement(using: &generator) ?? "a"
            switch Int.random(in: 0..<20, using: &generator) {
            case 0..<4: world.join(index, pattern)
            case 4..<6: world.leave(index, pattern)
            case 6 where Bool.random(using: &generator): world.leaveAll(index)
            case 7..<10: world.drain(Int.random(in: 0..<2, using: &generator))
            default:
                number += 1
                world.publish(Self.subjects.randomElement(using: &generator) ?? "a", "\(number)")
            }
            try #require(world.bus.subscriptions == world.expectedSubscriptions)
        }
        for loop in 0..<2 { world.drain(loop) }
        for socket in world.sockets { try socket.check() }
        #expect(world.sockets.map { $0.expected.count }.reduce(0, +) > 1000)
        for index in world.sockets.indices { world.leaveAll(index) }
        #expect(world.bus.subscriptions == [:])
        #expect(world.hub.subscriptionCount == 0)
    }
}

/// The engine and the model beside each other.
private final class World {
    let bus = CountingBus()
    let hub: Hub
    let loops = [EmbeddedEventLoop(), EmbeddedEventLoop()]
    let sockets: [ModelSocket]
    private var lastJoin = 0

    init() {
        let hub = Hub(bus: bus)
        let loopHubs = loops.map { LoopHub(hub: hub, loop: $0) }
        self.hub = hub
        sockets = (0..<10).map { ModelSocket(loop: $0 % 2, client: Client(loopHubs[$0 % 2])) }
    }

    var expectedSubscriptions: [String: Int] {
        Dictionary(sockets.flatMap { $0.joins.keys }.map { ($0, 1) }) { first, _ in first }
    }

    func join(_ index: Int, _ pattern: String) {
        lastJoin += 1
        sockets[index].client.join(pattern)
        if sockets[index].joins[pattern] == nil { sockets[index].joins[pattern] = lastJoin }
    }

    func leave(_ index: Int, _ pattern: String) {
        sockets[index].client.leave(pattern)
        sockets[index].joins[pattern] = nil
    }

    func leaveAll(_ index: Int) {
        sockets[index].client.leaveAll()
        sockets[index].joins = [:]
    }

    func publish(_ subject: String, _ text: String) {
        bus.publish(subject, text)
        for socket in sockets {
            socket.waiting.append((text, subject, socket.joins))
        }
    }

    func drain(_ loop: Int) {
        loops[loop].run()
        for socket in sockets where socket.loop == loop { socket.drain() }
    }
}

private final class ModelSocket {
    /// A message and how often it must, and may at most, arrive: once for each pattern that matches.
    struct Expected {
        var text: String
        var least: Int
        var most: Int
    }

    let loop: Int
    let client: Client
    /// Patterns joined, each with the number of its join, so that leaving and joining again shows.
    var joins: [String: Int] = [:]
    var waiting: [(text: String, subject: String, joins: [String: Int])] = []
    var expected: [Expected] = []

    init(loop: Int, client: Client) {
        self.loop = loop
        self.client = client
    }

    /// What is on its way when a socket joins may or may not reach it; what it has left must not.
    func drain() {
        for message in waiting {
            let matching = joins.filter { Subject.matches($0.key, message.subject) }
            let least = matching.filter { message.joins[$0.key] == $0.value }.count
            if !matching.isEmpty { expected.append(Expected(text: message.text, least: least, most: matching.count)) }
        }
        waiting = []
    }

    func check() throws {
        var rest = client.texts[...]
        for message in expected {
            let same = rest.prefix { $0 == message.text }.count
            try #require(
                same >= message.least && same <= message.most, "\(message), got \(same), then \(rest.prefix(3))")
            rest = rest.dropFirst(same)
        }
        try #require(rest.isEmpty, "more than was published: \(rest.prefix(3))")
    }
}
