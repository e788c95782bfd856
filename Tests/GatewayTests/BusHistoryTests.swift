import PluginKit
import Testing

/// Reading what is kept, on both buses.
@Suite(.serialized) struct BusHistoryTests {
    private func sequences(
        _ history: any History, _ pattern: String, _ start: HistoryStart, each count: Int = 2
    ) async throws -> [UInt64] {
        let reader = try await history.reader(pattern, from: start)
        defer { reader.close() }
        var found: [UInt64] = []
        for _ in 0..<100 {
            let batch = try await reader.next(count)
            #expect(batch.messages.count <= count && !batch.hasGap)
            found += batch.messages.map(\.sequence)
            if batch.isAtEnd { return found }
        }
        Issue.record("the reading does not end")
        return found
    }

    private static let starts: [(HistoryStart, String, [UInt64])] = [
        (.after(HistoryToken(sequence: 0)), "room.*", [1, 2, 4, 5, 6]),
        (.after(HistoryToken(sequence: 0)), ">", [1, 2, 3, 4, 5, 6]),
        (.after(HistoryToken(sequence: 2)), "room.*", [4, 5, 6]),
        (.after(HistoryToken(sequence: 2)), "room.a", [5]),
        (.after(HistoryToken(sequence: 6)), "room.*", []),
        (.last(0), "room.*", []),
        (.last(1), "room.*", [6]),
        (.last(1), "room.c", [4]),
        (.last(2), "room.*", [5, 6]),
        (.last(2), "room.a", [1, 5]),
        (.last(100), "room.b", [2, 6]),
        (.last(1), "room.x", []),
        (.last(3), "room.x", []),
        (.lastPerSubject, "room.*", [4, 5, 6]),
        (.lastPerSubject, "room.b", [6]),
        (.lastPerSubject, "room.x", []),
    ]

    @Test(arguments: BusKind.allCases, starts.indices)
    func readsFromEachStart(_ kind: BusKind, _ index: Int) async throws {
        let (start, pattern, expected) = Self.starts[index]
        try await withBuses(kind) { buses in
            let history = try await buses.history(["room.*", "other"])
            try await buses.fill("room.a", "room.b", "other", "room.c", "room.a", "room.b")
            for count in [1, 2, 100] {
                #expect(try await sequences(history, pattern, start, each: count) == expected)
            }
        }
    }

    @Test(arguments: BusKind.allCases)
    func aPlaceCoversWhatWasReadOfOtherSubjects(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let history = try await buses.history()
            try await buses.fill("room.a", "room.b", "room.b")
            let reader = try await history.reader("room.a", from: .after(HistoryToken(sequence: 0)))
            let first = try await reader.next(10)
            #expect(first.messages.map(\.sequence) == [1] && first.position.sequence == 3 && first.isAtEnd)
            #expect(HistoryToken(first.position.description) == first.position && first.position.epoch != nil)
            // What comes later is read by a later call.
            try await buses.fill("room.b", "room.a", "room.b")
            let later = try await reader.next(10)
            #expect(later.messages.map(\.sequence) == [5] && later.position.sequence == 6 && later.isAtEnd)
            let nothing = try await reader.next(10)
            #expect(nothing.messages.isEmpty && nothing.position == later.position && nothing.isAtEnd)
            try await buses.fill("room.b")
            #expect(try await reader.next(10).position.sequence == 7)
            reader.close()
        }
    }

    @Test(arguments: BusKind.allCases)
    func whatTheBoundsTookIsAGap(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let history = try await buses.history(messages: 3)
            try await buses.fill("room.a", "room.a", "room.b", "room.a", "room.a")
            for (place, isGap, expected) in [
                (0, true, [3, 4, 5]), (1, true, [3, 4, 5]), (2, false, [3, 4, 5]), (4, false, [5]),
            ] {
                let batch = try await history.reader("room.*", from: .after(HistoryToken(sequence: UInt64(place))))
                    .next(9)
                #expect(batch.hasGap == isGap && batch.messages.map { Int($0.sequence) } == expected)
            }
            // Who asks for the last ones gets what there is.
            let last = try await history.reader("room.*", from: .last(50)).next(9)
            #expect(!last.hasGap && last.messages.count == 3)
            // The gap is told once.
            let reader = try await history.reader("room.*", from: .after(HistoryToken(sequence: 0)))
            #expect(try await reader.next(1).hasGap)
            #expect(try await !reader.next(1).hasGap)
        }
    }

    @Test(arguments: BusKind.allCases)
    func whatTheBoundsTakeMeanwhileIsAGap(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let history = try await buses.history(messages: 3)
            try await buses.fill("room.a", "room.a", "room.a")
            for start in [HistoryStart.after(HistoryToken(sequence: 0)), .last(3)] {
                let reader = try await history.reader("room.*", from: start)
                let first = try await reader.next(1)
                let place = first.position.sequence
                #expect(!first.hasGap && first.messages.map(\.sequence) == [place])
                try await buses.fill("room.a", "room.a", "room.a", "room.a")
                let second = try await reader.next(1)
                #expect(second.hasGap && second.messages.map(\.sequence) == [place + 4])
                #expect(try await !reader.next(1).hasGap)
                reader.close()
                if case .last = start { continue }
                try await buses.fill("room.a")
            }
        }
    }

    @Test(arguments: BusKind.allCases)
    func oldMessagesGo(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let history = try await buses.history(age: .milliseconds(300))
            try await buses.fill("room.a")
            #expect(try await sequences(history, "room.a", .last(5)) == [1])
            try await eventuallySucceeds {
                guard try await sequences(history, "room.a", .last(5)) == [] else { throw NotConnected() }
            }
            #expect(try await history.reader("room.a", from: .after(HistoryToken(sequence: 0))).next(1).hasGap)
            #expect(try await !history.reader("room.a", from: .after(HistoryToken(sequence: 1))).next(1).hasGap)
        }
    }

    @Test(arguments: BusKind.allCases)
    func aPlaceThatIsNotOfThisStreamIsAGap(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let history = try await buses.history()
            try await buses.fill("room.a", "room.a")
            let epoch = try await history.reader("room.a", from: .last(1)).next(1).position.epoch
            let places = [
                HistoryToken(epoch: epoch, sequence: 3), HistoryToken(sequence: 3),
                HistoryToken(epoch: "x", sequence: 1),
                HistoryToken(epoch: "x", sequence: 0), HistoryToken(sequence: .max),
            ]
            for place in places {
                let batch = try await history.reader("room.a", from: .after(place)).next(9)
                #expect(batch.hasGap && batch.messages.map(\.sequence) == [1, 2], "\(place)")
                #expect(batch.position == HistoryToken(epoch: epoch, sequence: 2) && batch.isAtEnd)
            }
        }
    }

    @Test(arguments: BusKind.allCases)
    func whatIsNotOpenCannotBeRead(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let history = buses.one.history(HistoryConfiguration(stream: "S", subjects: ["room.*"]))
            let heard = Heard<HistoryEvent>()
            _ = history.follow("room.*") { heard.append($0) }
            await #expect(throws: BusFailure.refused("the history 'S' is not open")) {
                try await history.reader("room.a", from: .last(1))
            }
            try await history.open()
            try await history.open()
            try await buses.fill("room.a")
            #expect(try await sequences(history, "room.a", .last(1)) == [1])
            await #expect(throws: BusFailure.refused("'*' and '>' must be whole tokens")) {
                try await history.reader("room.a*", from: .last(1))
            }
            await history.close()
            await #expect(throws: BusFailure.refused("the history 'S' is not open")) {
                try await history.reader("room.a", from: .last(1))
            }
            #expect(heard.count == 0)
        }
    }

    private static let useless: [(HistoryConfiguration, String)] = [
        (HistoryConfiguration(stream: "", subjects: ["a"]), "''"),
        (HistoryConfiguration(stream: "a.b", subjects: ["a"]), "'a.b'"),
        (HistoryConfiguration(stream: "S", subjects: []), "needs a subject"),
        (HistoryConfiguration(stream: "S", subjects: ["a", "a b"]), "'a b'"),
        (HistoryConfiguration(stream: "S", subjects: ["a"], messages: 0), "below 1"),
        (HistoryConfiguration(stream: "S", subjects: ["a"], bytes: -1), "below 1"),
        (HistoryConfiguration(stream: "S", subjects: ["a"], age: .milliseconds(99)), "100 ms"),
    ]

    @Test(arguments: BusKind.allCases, useless.indices)
    func whatNobodyCanKeepIsRefused(_ kind: BusKind, _ index: Int) async throws {
        let (configuration, words) = Self.useless[index]
        try await withBuses(kind) { buses in
            do {
                try await buses.one.history(configuration).open()
                Issue.record("it was opened")
            } catch {
                #expect("\(error)".contains(words), "\(error)")
            }
        }
    }

    /// Two users of one stream: one bus, one stream.
    @Test(arguments: BusKind.allCases)
    func usersShareAStream(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let one = try await buses.history()
            let two = buses.two.history(HistoryConfiguration(stream: "S", subjects: ["room.*"], messages: 50))
            try await two.open()
            try await buses.fill("room.a")
            await one.close()
            #expect(try await sequences(two, "room.a", .last(5)) == [1])
            let place = try await two.reader("room.a", from: .last(1)).next(1).position
            try await one.open()
            #expect(try await one.reader("room.a", from: .after(place)).next(1).hasGap == false)
        }
    }
}
