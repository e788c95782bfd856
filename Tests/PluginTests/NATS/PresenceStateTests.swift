import NATSPlugin
import Testing

@Suite("Presence, event by event")
struct PresenceStateTests {
    private static let me = ProcessID(started: 100, random: 0)
    private static let older = ProcessID(started: 1, random: 0)
    private static let younger = ProcessID(started: 200, random: 0)
    private static let ada = PresenceKey(channel: "c", name: "ada")
    private static let bob = PresenceKey(channel: "c", name: "bob")
    private static let eve = PresenceKey(channel: "c", name: "eve")
    private static let some = PresenceKey(channel: "c")

    private static func entry(_ key: PresenceKey, _ connections: Int) -> PresenceEntry {
        PresenceEntry(key: key, connections: connections)
    }

    private static func from(
        _ process: ProcessID, _ sequence: UInt64, _ kind: PresenceMessage.Kind
    ) -> PresenceState.Event { .received(PresenceMessage(sender: process, sequence: sequence, kind)) }

    private static func change(_ process: ProcessID, _ sequence: UInt64, _ key: PresenceKey, _ count: Int)
        -> PresenceState.Event
    { from(process, sequence, .change(entry(key, count))) }

    private static func digest(_ process: ProcessID, _ sequence: UInt64, _ entries: [PresenceEntry])
        -> PresenceState.Event
    { from(process, sequence, .part(index: 0, isLast: true, entries)) }

    private static func joins(_ key: PresenceKey, _ count: Int) -> PresenceState.Action {
        .announce(PresenceChange(key: key, isJoin: true, count: count))
    }

    private static func leaves(_ key: PresenceKey, _ count: Int) -> PresenceState.Action {
        .announce(PresenceChange(key: key, isJoin: false, count: count))
    }

    private static func tells(_ sequence: UInt64, _ key: PresenceKey, _ count: Int) -> PresenceState.Action {
        .send(.change(entry(key, count)), sequence: sequence)
    }

    private static func asks(_ process: ProcessID, _ sequence: UInt64 = 0) -> PresenceState.Action {
        .send(.ask(of: process), sequence: sequence)
    }

    private static let tick = PresenceState.Event.tick(isLinked: true)
    private static let beat = PresenceState.Action.send(.beat, sequence: 0)

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Each event with the actions that it brings about.
        var steps: [(PresenceState.Event, [PresenceState.Action])]
        /// Who is on `c` in the end: names with connections, and those without a name.
        var named: [String: Int] = [:]
        var anonymous = 0
    }

    static let alone = [
        Case(
            testDescription: "a name comes with its first connection and goes with its last",
            steps: [
                (.started, [beat, .send(.ask(of: nil), sequence: 0)]),
                (.joined(ada), [tells(1, ada, 1), joins(ada, 1)]), (.joined(ada), [tells(2, ada, 2)]),
                (.joined(bob), [tells(3, bob, 1), joins(bob, 2)]), (.left(ada), [tells(4, ada, 1)]),
                (.left(ada), [tells(5, ada, 0), leaves(ada, 1)]),
            ], named: ["bob": 1]),
        Case(
            testDescription: "who has no name is counted",
            steps: [
                (.joined(some), [tells(1, some, 1), joins(some, 1)]),
                (.joined(some), [tells(2, some, 2), joins(some, 2)]),
                (.left(some), [tells(3, some, 1), leaves(some, 1)]),
            ], anonymous: 1),
        Case(testDescription: "nobody leaves twice", steps: [(.left(ada), []), (.left(some), [])]),
        Case(
            testDescription: "beats, and the end",
            steps: [(tick, [beat]), (.tick(isLinked: false), []), (.ending, [.send(.end, sequence: 0)])]),
        Case(
            testDescription: "what it says itself it need not hear",
            steps: [(change(me, 1, ada, 1), []), (from(me, 9, .beat), []), (from(me, 9, .ask(of: nil)), [])]),
    ]

    static let others = [
        Case(
            testDescription: "changes of a younger process are announced by this one",
            steps: [
                (from(younger, 0, .beat), []), (change(younger, 1, ada, 1), [joins(ada, 1)]),
                (.joined(ada), [tells(1, ada, 1)]), (change(younger, 2, ada, 0), []),
                (.left(ada), [tells(2, ada, 0), leaves(ada, 0)]),
            ]),
        Case(
            testDescription: "an older process announces",
            steps: [
                (from(older, 0, .beat), []), (.joined(ada), [tells(1, ada, 1)]), (change(older, 1, bob, 1), []),
            ], named: ["ada": 1, "bob": 1]),
        Case(
            testDescription: "a change that follows on nothing is a first one, a later one asks for all",
            steps: [
                (change(younger, 1, ada, 1), [joins(ada, 1)]), (change(younger, 3, bob, 1), [asks(younger)]),
                (change(younger, 4, bob, 2), []), (from(younger, 4, .beat), []),
                (digest(younger, 4, [entry(bob, 2)]), [joins(bob, 1), leaves(ada, 1)].reversed()),
                (change(younger, 5, bob, 0), [leaves(bob, 0)]),
            ]),
        Case(
            testDescription: "a beat shows what was missed; nobody is asked twice between two beats",
            steps: [
                (from(younger, 2, .beat), [asks(younger)]), (from(younger, 2, .beat), []), (tick, [beat]),
                (from(younger, 2, .beat), [asks(younger)]),
            ]),
        Case(
            testDescription: "what was there before this process came is no news",
            steps: [
                (from(younger, 7, .beat), [asks(younger)]), (digest(younger, 7, [entry(ada, 1), entry(some, 3)]), []),
                (change(younger, 8, some, 4), [joins(some, 5)]),
            ], named: ["ada": 1], anonymous: 4),
        Case(
            testDescription: "who shows up later is news",
            steps: [
                (tick, [beat]), (tick, [beat]), (tick, [beat]), (from(younger, 7, .beat), [asks(younger)]),
                (digest(younger, 7, [entry(ada, 1)]), [joins(ada, 1)]),
            ], named: ["ada": 1]),
        Case(
            testDescription: "a digest in parts counts when it is whole",
            steps: [
                (from(younger, 7, .beat), [asks(younger)]),
                (from(younger, 7, .part(index: 0, isLast: false, [entry(ada, 1)])), []),
                (from(younger, 7, .part(index: 2, isLast: true, [entry(bob, 1)])), []), (tick, [beat]),
                (from(younger, 7, .beat), [asks(younger)]),
                (from(younger, 7, .part(index: 0, isLast: false, [entry(ada, 1)])), []),
                (from(younger, 7, .part(index: 1, isLast: true, [entry(some, 2)])), []),
            ], named: ["ada": 1], anonymous: 2),
        Case(
            testDescription: "an old digest, and a change that came before, change nothing",
            steps: [
                (change(younger, 1, ada, 1), [joins(ada, 1)]), (change(younger, 2, ada, 2), []),
                (change(younger, 2, ada, 5), []), (digest(younger, 1, []), []),
            ], named: ["ada": 2]),
    ]

    static let ends = [
        Case(
            testDescription: "who ends takes all its people along",
            steps: [
                (change(younger, 1, ada, 2), [joins(ada, 1)]), (from(younger, 1, .end), [leaves(ada, 0)]),
                (from(younger, 1, .end), []),
            ]),
        Case(
            testDescription: "three missed beats are the end",
            steps: [
                (change(younger, 1, ada, 1), [joins(ada, 1)]), (tick, [beat]), (tick, [beat]), (tick, [beat]),
                (tick, [beat, leaves(ada, 0)]),
            ]),
        Case(
            testDescription: "a beat in time is life, and while the bus is away nobody can give one",
            steps: [
                (change(younger, 1, ada, 1), [joins(ada, 1)]), (tick, [beat]), (tick, [beat]), (tick, [beat]),
                (from(younger, 1, .beat), []), (tick, [beat]), (tick, [beat]), (tick, [beat]),
                (.tick(isLinked: false), []), (tick, [beat]), (tick, [beat]), (tick, [beat]),
            ], named: ["ada": 1]),
        Case(
            testDescription: "when who announced is gone, the next tells what has changed since its last beat",
            steps: [
                (change(older, 1, ada, 1), []), (.joined(bob), [tells(1, bob, 1)]), (.joined(eve), [tells(2, eve, 1)]),
                (from(older, 1, .beat), []), (.joined(some), [tells(3, some, 1)]), (.left(bob), [tells(4, bob, 0)]),
                (.joined(bob), [tells(5, bob, 1)]),
                (from(older, 1, .end), [joins(some, 3), leaves(ada, 3), joins(bob, 3)]),
            ], named: ["bob": 1, "eve": 1], anonymous: 1),
    ]

    private static let everything = PresenceState.Action.send(
        .part(index: 0, isLast: true, [entry(some, 1), entry(bob, 1)]), sequence: 2)

    static let digests = [
        Case(
            testDescription: "who is asked tells all it has",
            steps: [
                (.joined(bob), [tells(1, bob, 1), joins(bob, 1)]),
                (.joined(some), [tells(2, some, 1), joins(some, 2)]),
                (from(younger, 0, .ask(of: me)), [everything]), (from(younger, 0, .ask(of: nil)), [everything]),
                (from(younger, 0, .ask(of: older)), []), (tick, [.send(.beat, sequence: 2)]),
            ], named: ["bob": 1], anonymous: 1),
        Case(
            testDescription: "who has nothing says so",
            steps: [(from(younger, 0, .ask(of: me)), [.send(.part(index: 0, isLast: true, []), sequence: 0)])]),
    ]

    @Test("Events and what they bring about", arguments: alone + others + ends + digests)
    func steps(row: Case) {
        var state = PresenceState(me: Self.me)
        for (index, (event, expected)) in row.steps.enumerated() {
            #expect(state.handle(event) == expected, "step \(index)")
        }
        let channel = state.channels["c"] ?? PresenceChannel()
        #expect(channel.named == row.named && channel.anonymous == row.anonymous)
        #expect(channel.isEmpty == (state.channels["c"] == nil))
    }

    @Test("Many entries come in parts that arrive as one, and once between two beats")
    func parts() {
        var (one, other) = (PresenceState(me: Self.me), PresenceState(me: Self.younger))
        let count = 2 * PresenceState.partSize + 1
        for number in 0..<count { _ = one.handle(.joined(PresenceKey(channel: "c\(number)", name: "ada"))) }
        let actions = one.handle(Self.from(Self.younger, 0, .ask(of: nil)))
        #expect(actions.count == 3)
        for case .send(let kind, let sequence) in actions { _ = other.handle(Self.from(Self.me, sequence, kind)) }
        #expect(other.channels == one.channels && other.channels.count == count)
        #expect(one.handle(Self.from(Self.younger, 0, .ask(of: Self.me))) == [])
        #expect(one.handle(Self.tick).count == 4)
        #expect(one.handle(Self.tick).count == 1)
    }
}
