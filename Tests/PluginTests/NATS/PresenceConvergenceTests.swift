import NATSPlugin
import TestSupport
import Testing

/// Processes on a bus that loses messages.
@Suite("Presence of several processes")
struct PresenceConvergenceTests {
    /// What each process sends reaches each other one in order, or not at all.
    private struct Network {
        var states: [PresenceState?]
        /// The truth: who is connected where.
        var connections: [[PresenceKey: Int]]
        /// By sender and receiver.
        var underWay: [[[PresenceMessage]]]
        var lossPercent = 0
        var announced: [PresenceChange] = []
        var started: UInt64 = 0

        init(_ count: Int) {
            states = Array(repeating: nil, count: count)
            connections = Array(repeating: [:], count: count)
            underWay = Array(repeating: Array(repeating: [], count: count), count: count)
        }

        var alive: [Int] { states.indices.filter { states[$0] != nil } }

        mutating func start(_ process: Int, _ generator: inout SeededGenerator) {
            started += 1
            states[process] = PresenceState(me: ProcessID(started: started, random: 0))
            connections[process] = [:]
            handle(.started, process, &generator)
        }

        /// Without a word.
        mutating func kill(_ process: Int) {
            states[process] = nil
            connections[process] = [:]
            for other in states.indices { underWay[other][process] = [] }
        }

        mutating func end(_ process: Int, _ generator: inout SeededGenerator) {
            handle(.ending, process, &generator)
            kill(process)
        }

        mutating func handle(_ event: PresenceState.Event, _ process: Int, _ generator: inout SeededGenerator) {
            let isLossy = lossPercent > 0
            guard let actions = states[process]?.handle(event), let me = states[process]?.me else { return }
            for action in actions {
                switch action {
                case .announce(let change): announced.append(change)
                case .send(let kind, let sequence):
                    let message = PresenceMessage(sender: me, sequence: sequence, kind)
                    for other in states.indices where other != process {
                        if isLossy, generator.below(100) < lossPercent { continue }
                        underWay[process][other].append(message)
                    }
                }
            }
        }

        /// The first message of some sender to some receiver arrives. False if nothing is under way.
        mutating func deliver(_ generator: inout SeededGenerator) -> Bool {
            let waiting = states.indices.flatMap { one in states.indices.map { (one, $0) } }
                .filter { !underWay[$0.0][$0.1].isEmpty }
            if waiting.isEmpty { return false }
            let (sender, receiver) = generator.pick(waiting)
            let message = underWay[sender][receiver].removeFirst()
            handle(.received(message), receiver, &generator)
            return true
        }

        mutating func tick(_ generator: inout SeededGenerator) {
            for process in alive { handle(.tick(isLinked: true), process, &generator) }
        }

        /// Who is on which channel, over all processes.
        var truth: [String: PresenceChannel] {
            var channels: [String: PresenceChannel] = [:]
            for process in alive {
                for (key, count) in connections[process] {
                    channels[key.channel, default: PresenceChannel()][key.name] += count
                }
            }
            return channels
        }

        mutating func connect(_ generator: inout SeededGenerator) {
            guard !alive.isEmpty else { return }
            let process = generator.pick(alive)
            let key = PresenceKey(channel: generator.pick(["a", "b"]), name: generator.pick(["ada", "bob", nil]))
            let have = connections[process][key] ?? 0
            if have > 0, generator.below(2) == 0 {
                connections[process][key] = have > 1 ? have - 1 : nil
                handle(.left(key), process, &generator)
            } else {
                connections[process][key] = have + 1
                handle(.joined(key), process, &generator)
            }
        }
    }

    @Test("Whatever was lost, some beats later all know the same, and it is true", arguments: 0..<40)
    func converges(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var network = Network(4)
        for process in 0..<3 { network.start(process, &generator) }
        network.lossPercent = [0, 5, 30, 90][Int(seed % 4)]
        for _ in 0..<600 {
            switch generator.below(40) {
            case 0: network.tick(&generator)
            case 1 where network.alive.count > 1: network.kill(generator.pick(network.alive))
            case 2 where network.alive.count > 1: network.end(generator.pick(network.alive), &generator)
            case 3:
                let free = network.states.indices.first { network.states[$0] == nil }
                if let free { network.start(free, &generator) }
            case 4..<18: network.connect(&generator)
            default: _ = network.deliver(&generator)
            }
        }
        network.lossPercent = 0
        // The silent ones must be given up, and then what is missing be asked for.
        for _ in 0..<PresenceState.patience + 3 {
            network.tick(&generator)
            while network.deliver(&generator) {}
        }
        for process in network.alive { #expect(network.states[process]?.channels == network.truth) }
    }

    @Test("Without losses and deaths, what is announced is just who comes and goes", arguments: 0..<20)
    func announcements(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var network = Network(3)
        for process in 0..<3 { network.start(process, &generator) }
        while network.deliver(&generator) {}
        for round in 0..<400 {
            network.connect(&generator)
            if round % 50 == 49 { network.tick(&generator) }
            while network.deliver(&generator) {}
        }
        var there: [PresenceKey: Int] = [:]
        for change in network.announced {
            there[change.key, default: 0] += change.isJoin ? 1 : -1
            if change.key.name != nil { #expect((0...1).contains(there[change.key] ?? 0)) }
        }
        for (channel, state) in network.truth {
            #expect(there[PresenceKey(channel: channel)] ?? 0 == state.anonymous)
            for name in ["ada", "bob"] {
                #expect(there[PresenceKey(channel: channel, name: name)] ?? 0 == (state[name] > 0 ? 1 : 0))
            }
        }
    }

    @Test("A process that dies takes its people along, and the others say so once")
    func death() {
        var generator = SeededGenerator(seed: 1)
        var network = Network(3)
        for process in 0..<3 { network.start(process, &generator) }
        while network.deliver(&generator) {}
        let ada = PresenceKey(channel: "a", name: "ada")
        // The oldest process announces, and dies.
        network.handle(.joined(ada), 0, &generator)
        while network.deliver(&generator) {}
        network.kill(0)
        for _ in 0...PresenceState.patience {
            network.tick(&generator)
            while network.deliver(&generator) {}
        }
        #expect(
            network.announced == [
                PresenceChange(key: ada, isJoin: true, count: 1), PresenceChange(key: ada, isJoin: false, count: 0),
            ])
    }
}
