import Messaging
import NIOEmbedded
import PluginKit

/// What membership costs without sockets, from a thousand clients to a million. See ../README.md.
@main
enum MessagingBenchmark {
    private struct Case {
        var name: String
        var subjects: (_ clients: Int) -> Int
        var isParked = false
        /// Does it for the clients of these numbers, all different; returns how many operations that were.
        var run: (Population, [Int]) -> Int
    }

    private static var membership: [Case] {
        let visit = { (population: Population, chosen: [Int]) in
            for index in chosen {
                population.leave(index)
                population.join(index)
            }
            return 2 * chosen.count
        }
        let leave = { (population: Population, chosen: [Int]) in
            for index in chosen { population.leave(index) }
            return chosen.count
        }
        let catchUp = { (population: Population, chosen: [Int]) in
            for index in chosen { population.isReady(index) }
            return chosen.count
        }
        let spreads: [(name: String, subjects: (Int) -> Int)] = [
            ("one subject", { _ in 1 }), ("100 on each subject", { max(1, $0 / 100) }), ("a subject for each", { $0 }),
        ]
        return spreads.flatMap { spread in
            [
                Case(name: "join or leave, \(spread.name)", subjects: spread.subjects, run: visit),
                Case(name: "leave with a cursor, \(spread.name)", subjects: spread.subjects, isParked: true, run: leave),
                Case(name: "move a cursor, \(spread.name)", subjects: spread.subjects, isParked: true, run: catchUp),
            ]
        }
    }

    static func main() {
        let given = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        let sizes = given.isEmpty ? [1000, 30_000, 1_000_000] : given
        print("ns for each operation; behind it, how often that of \(sizes[0]) clients")
        for test in membership {
            let costs = sizes.map { cost(of: test, $0) }
            let cells = zip(sizes, costs).map { size, cost in
                "\(size): \(Int(cost)) (\(hundredths(cost / costs[0])))"
            }
            print("\(test.name)\n    " + cells.joined(separator: " · "))
        }
        print("ns for each delivery of a message of 128 bytes, 64 in a tick")
        for clients in [1, 100] { print("    \(clients) clients: \(hundredths(deliveryCost(clients)))") }
    }

    /// The least of several turns, each with up to a thousand other clients, chosen at random.
    private static func cost(of test: Case, _ size: Int) -> Double {
        let population = Population(size, subjects: test.subjects(size))
        if test.isParked { population.park() }
        let chosen = (0..<size).shuffled()
        let turns = 20
        let count = min(size / turns, 1000)
        return (0..<turns).map { turn in
            let indices = Array(chosen[turn * count..<(turn + 1) * count])
            var operations = 0
            let time = ContinuousClock().measure { operations = test.run(population, indices) }
            return time.nanoseconds / Double(operations)
        }.min() ?? 0
    }

    private static func deliveryCost(_ clients: Int) -> Double {
        let population = Population(clients, subjects: 1)
        let payload = Payload(repeating: UInt8(ascii: "x"), count: 128)
        let ticks = 200_000 / clients / 64 * 10
        var least = Double.infinity
        for _ in 0..<10 {
            let time = ContinuousClock().measure {
                for _ in 0..<ticks {
                    for _ in 0..<64 { population.publish(payload) }
                    population.loop.run()
                }
            }
            least = min(least, time.nanoseconds / Double(ticks * 64 * clients))
        }
        return least
    }

    private static func hundredths(_ value: Double) -> String {
        let rounded = Int((value * 100).rounded())
        return "\(rounded / 100).\(rounded % 100 < 10 ? "0" : "")\(rounded % 100)"
    }
}

extension Duration {
    fileprivate var nanoseconds: Double {
        Double(components.seconds) * 1e9 + Double(components.attoseconds) / 1e9
    }
}
