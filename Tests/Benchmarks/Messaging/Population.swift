import Messaging
import NIOCore
import NIOEmbedded
import PluginKit

/// A client without a socket.
final class BenchPort: OutPort {
    var queuedBytes = 0
    /// Nobody takes what is written.
    var isStuck = false
    var ends = 0

    func write(_ bytes: ByteBuffer) {
        if isStuck { queuedBytes += bytes.readableBytes }
    }

    func end(_ reason: MemberEnd) { ends += 1 }
}

/// Clients on a loop, each on one subject.
final class Population {
    let bus = EmbeddedBus()
    let loop = EmbeddedEventLoop()
    let hub: LoopHub
    private(set) var clients: [(port: BenchPort, member: Member, subject: Int)] = []
    private let subjects: [String]

    init(_ count: Int, subjects: Int) {
        hub = LoopHub(hub: Hub(bus: bus), loop: loop, budget: .max)
        self.subjects = (0..<subjects).map { "subject.\($0)" }
        for number in 0..<count {
            let port = BenchPort()
            clients.append((port, Member(port: port, limit: .max), number % subjects))
            join(number)
        }
    }

    func join(_ index: Int) { hub.join(clients[index].member, Feed(subjects[clients[index].subject])) }
    func leave(_ index: Int) { hub.leaveAll(clients[index].member) }
    func isReady(_ index: Int) {
        clients[index].port.queuedBytes = 0
        hub.ready(clients[index].member)
    }

    func publish(_ payload: Payload, _ subject: Int = 0) {
        _ = bus.publish(BusMessage(subject: subjects[subject], payload: payload, frame: .text))
    }

    /// Gives everyone a cursor: a write is under way, and messages wait in several chunks.
    func park() {
        for client in clients { client.port.isStuck = true }
        let payload = Payload(repeating: UInt8(ascii: "x"), count: 100)
        for _ in 0..<4 {
            for subject in subjects.indices { publish(payload, subject) }
            loop.run()
        }
    }
}
