import Messaging
import NIOCore
import NIOEmbedded
import PluginKit
import TestSupport
import Testing
import WebSocketWire

/// Clients of every policy and encoding whose sockets are stuck and released at random, against a model of what each
/// must hear: nothing missing but what it is told of, nothing twice, nothing out of order.
@Suite("Fan-out to slow clients, random")
struct SlowPropertyTests {
    private static let patterns = ["a", "b", "a.*", ">"]
    private static let subjects = ["a", "b", "a.b", "c"]
    private static let budget = 30_000

    @Test("Everything, in order, or told", arguments: 0..<24)
    func property(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let world = SlowWorld(budget: Self.budget)
        for _ in 0..<14 { world.add(&random) }
        for number in 0..<1500 {
            let socket = random.pick(world.sockets)
            switch random.below(24) {
            case 0..<2: world.join(socket, random.pick(Self.patterns))
            case 2 where random.below(3) == 0: world.leave(socket, random.pick(Self.patterns))
            case 3 where random.below(8) == 0: world.leaveAll(socket)
            case 4: socket.client.isStuck = true
            case 5..<7: socket.client.take()
            case 7: socket.client.take(staysStuck: true)
            case 8..<12: world.drain(random.below(2))
            case 12 where random.below(4) == 0: world.wait()
            case 13 where !socket.client.ends.isEmpty: world.add(&random)
            default:
                let text = "\(number) " + String(repeating: "x", count: random.below(random.below(60) == 0 ? 9000 : 120))
                world.publish(random.pick(Self.subjects), text, by: UInt64(random.below(20)))
            }
            try #require(world.loopHubs.allSatisfy { $0.retainedBytes <= Self.budget })
        }
        try world.finish()
    }
}

/// The engine and the model beside each other.
private final class SlowWorld {
    let bus = CountingBus()
    let hub: Hub
    let loops = [EmbeddedEventLoop(), EmbeddedEventLoop()]
    let loopHubs: [LoopHub]
    private(set) var sockets: [SlowSocket] = []
    private var lastJoin = 0

    init(budget: Int) {
        let hub = Hub(bus: bus)
        self.hub = hub
        loopHubs = loops.map { LoopHub(hub: hub, loop: $0, budget: budget) }
    }

    func add(_ random: inout SeededGenerator) {
        // What is on its way might reach it otherwise.
        for loop in 0..<2 { drain(loop) }
        sockets.append(SlowSocket(loopHubs, id: UInt64(sockets.count + 1), &random))
    }

    func join(_ socket: SlowSocket, _ pattern: String) {
        guard socket.client.ends.isEmpty else { return }
        lastJoin += 1
        socket.client.join(socket.feed(pattern))
        if socket.joins[pattern] == nil { socket.joins[pattern] = lastJoin }
    }

    func leave(_ socket: SlowSocket, _ pattern: String) {
        socket.client.leave(pattern)
        socket.joins[pattern] = nil
        if socket.joins.isEmpty { socket.forget() }
    }

    func leaveAll(_ socket: SlowSocket) {
        socket.client.leaveAll()
        socket.joins = [:]
        socket.forget()
    }

    func publish(_ subject: String, _ text: String, by origin: UInt64) {
        _ = bus.publish(BusMessage(subject: subject, payload: Payload(text: text), origin: origin))
        for socket in sockets where !socket.skipsOwn || origin != socket.id {
            socket.waiting.append((text, subject, socket.joins))
        }
    }

    func drain(_ loop: Int) {
        loops[loop].run()
        for socket in sockets where socket.loop == loop { socket.drain() }
    }

    /// Some clients are given up for what is too old.
    func wait() {
        for loop in 0..<2 {
            loops[loop].advanceTime(by: .seconds(2))
            drain(loop)
        }
    }

    func finish() throws {
        for loop in 0..<2 { drain(loop) }
        for socket in sockets { socket.client.take() }
        for socket in sockets { try socket.check() }
        let ended = sockets.count { !$0.client.ends.isEmpty }
        let statistics = loopHubs.map(\.statistics)
        #expect(ended == statistics.map(\.slowConsumersClosed).reduce(0, +))
        // Who left was not told of all.
        #expect(sockets.map(\.told).reduce(0, +) <= statistics.map(\.messagesDropped).reduce(0, +))
        #expect(sockets.map(\.heard).reduce(0, +) > 1000)
        #expect(loopHubs.map(\.retainedBytes) == [0, 0])
        for socket in sockets { socket.client.leaveAll() }
        #expect(bus.subscriptions == [:] && hub.subscriptionCount == 0)
    }
}

private final class SlowSocket {
    /// A message, and how often it must, and may at most, come: once for each pattern that matches.
    private struct Group {
        var text: String
        var least: Int
        var most: Int
    }

    let loop: Int
    let id: UInt64
    let client: Client
    let skipsOwn: Bool
    private let framing: Encoding.Framing
    private let format: Feed.Format
    private let policy: Feed.SlowPolicy
    private let maxLag: Duration?
    /// Patterns joined, each with the number of its join, so that leaving and joining again shows.
    var joins: [String: Int] = [:]
    var waiting: [(text: String, subject: String, joins: [String: Int])] = []
    private var groups: [Group] = []
    /// How far what was written has been compared: messages and notices, groups, copies of the group before.
    private var read = 0
    private var next = 0
    private var copies = 0
    /// What it was told that it lost, and what it did not hear.
    private(set) var told = 0
    private var missed = (least: 0, most: 0)
    private(set) var heard = 0

    init(_ hubs: [LoopHub], id: UInt64, _ random: inout SeededGenerator) {
        self.id = id
        loop = random.below(2)
        skipsOwn = random.below(3) == 0
        policy = random.pick([.close, .dropOldest, .dropOldest, .blockPublisher])
        let framings: [Encoding.Framing] = [
            .frames(nil), .frames(nil), .frames(DeflateEncoding(windowBits: 15, threshold: 60)), .events(isChunked: true),
            .events(isChunked: false),
        ]
        framing = random.pick(framings)
        // Frames of nothing but payloads cannot say what is lost.
        if case .frames = framing, policy == .dropOldest { format = .envelope } else { format = random.pick([.raw, .envelope]) }
        maxLag = random.below(3) == 0 ? .seconds(3) : nil
        client = Client(hubs[loop], limit: 200 + random.below(4000), id: id, framing: framing)
    }

    func feed(_ pattern: String) -> Feed { .of(pattern, format, skipsOwn: skipsOwn, policy, maxLag: maxLag) }

    /// What is on its way when a client joins may or may not reach it; what it has left must not.
    func drain() {
        for message in waiting {
            let matching = joins.filter { Subject.matches($0.key, message.subject) }
            let least = matching.filter { message.joins[$0.key] == $0.value }.count
            if !matching.isEmpty { groups.append(Group(text: message.text, least: least, most: matching.count)) }
        }
        waiting = []
        if !client.ends.isEmpty { joins = [:] }
    }

    /// It has left everything: what waits does not come any more. It may be told later what it lost before.
    func forget() {
        compare()
        missed.most += groups[next...].map(\.most).reduce(0, +) + (next > 0 ? groups[next - 1].most : 0)
        next = groups.count
        copies = groups.last?.most ?? 0
    }

    func check() throws {
        compare()
        try #require(problem == nil)
        guard client.ends.isEmpty else { return }
        closeGroup()
        for group in groups[next...] { miss(group, heard: 0) }
        try #require(told >= missed.least && told <= missed.most, "told of \(told), missed \(missed)")
    }

    private var problem: String?

    private func compare() {
        let tokens = tokens
        for token in tokens[read...] where problem == nil {
            if token.hasPrefix("dropped ") { told += Int(token.dropFirst(8)) ?? 0 } else { hear(token) }
        }
        read = tokens.count
    }

    private func hear(_ text: String) {
        heard += 1
        if next > 0, groups[next - 1].text == text, copies < groups[next - 1].most { return copies += 1 }
        closeGroup()
        while next < groups.count, groups[next].text != text {
            miss(groups[next], heard: 0)
            next += 1
        }
        guard next < groups.count else { return problem = "not due, or twice: \(text.prefix(40))" }
        // Of the same message some copies may be lost, told before.
        if told < missed.least || told > missed.most + groups[next].most - 1 {
            problem = "told of \(told), missed \(missed) before \(text.prefix(40))"
        }
        next += 1
        copies = 1
    }

    private func closeGroup() {
        if next > 0 { miss(groups[next - 1], heard: copies) }
        copies = 0
        if next > 0 { groups[next - 1].least = 0 }
        if next > 0 { groups[next - 1].most = 0 }
    }

    private func miss(_ group: Group, heard: Int) {
        missed.least += max(0, group.least - heard)
        missed.most += group.most - heard
    }

    /// Messages and notices, as text.
    private var tokens: [String] {
        guard case .events(let isChunked) = framing else {
            return format == .envelope ? client.texts.shortened : client.texts
        }
        let bytes = client.writes.flatMap { Array($0.readableBytesView) }
        let body = isChunked ? EventStreamText.unchunked(bytes) ?? [] : bytes
        return EventStreamText(String(decoding: body, as: UTF8.self)).events.map { event in
            format == .envelope || event.type != "message" ? event.data.shortened : event.data
        }
    }
}
