import PluginKit
import Synchronization
import Testing

/// Publish and subscribe, on both buses.
@Suite(.serialized) struct BusPublishTests {
    /// Behind whatever was published before by the same user.
    private func end(_ buses: Buses, _ subject: String = "end") async throws {
        let ended = Heard<BusMessage>()
        let subscription = buses.one.subscribe(subject) { ended.append($0) }
        try await buses.settle()
        #expect(buses.two.publish(BusMessage(subject, "")) == .accepted)
        #expect(await eventually { ended.count == 1 })
        subscription.cancel()
    }

    @Test(arguments: BusKind.allCases)
    func everyMatchingSubscriptionHearsIt(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let heard = Heard<Int>()
            let patterns = [
                "a.b", "a.*", "*.b", "*.*", "a.>", ">", "a.b", "a", "b.*", "a.b.>", "a.b.*", "*", "*.>", "A.b", "a.b*",
            ]
            for (index, pattern) in patterns.enumerated() {
                _ = buses.one.subscribe(pattern) { message in if message.subject == "a.b" { heard.append(index) } }
            }
            try await buses.settle()
            #expect(buses.two.publish(BusMessage("a.b", "hi")) == .accepted)
            try await end(buses)
            #expect(heard.all.sorted() == [0, 1, 2, 3, 4, 5, 6, 12])
        }
    }

    @Test(arguments: BusKind.allCases)
    func nobodyListens(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            #expect(buses.one.isAvailable)
            #expect(buses.one.publish(BusMessage("a", "")) == .accepted)
        }
    }

    @Test(
        arguments: BusKind.allCases,
        [
            "", ".", "a.", ".a", "a..b", "a.*", ">", "a*", "a b", "a\tb", "a\r\nPUB b 0", "\u{0}", "a\u{7F}",
            "a\u{A0}b",
            "far" + String(repeating: "x", count: 1022),
        ])
    func whatIsNoSubjectIsRefused(_ kind: BusKind, _ subject: String) async throws {
        try await withBuses(kind) { buses in
            let heard = Heard<BusMessage>()
            // Not the server's own news.
            _ = buses.one.subscribe(">") { if !Subject.isReserved($0.subject) { heard.append($0) } }
            try await buses.settle()
            #expect(buses.two.publish(BusMessage(subject, "x")) == .refused(reason: Subject.publishProblem(subject)!))
            for name in ["", "a b", "a:b", "ä"] {
                guard case .refused = buses.two.publish(BusMessage("a", "", headers: [(name, "x")])) else {
                    Issue.record("the header '\(name)' was taken")
                    continue
                }
            }
            guard case .refused = buses.two.publish(BusMessage("a", "", headers: [("A", "x\r\nB: y")])) else {
                Issue.record("a header with a line break was taken")
                return
            }
            #expect(buses.two.publish(BusMessage("end", "")) == .accepted)
            #expect(await eventually { heard.count > 0 })
            #expect(heard.all.map(\.subject) == ["end"])
        }
    }

    @Test(
        arguments: BusKind.allCases,
        ["", ">.a", "a.>.b", "a*", "*a", "a.", ".>", "a..>", "**", "a >", "*.>x", "a\r\nSUB > 1"])
    func whatIsNoPatternHearsNothing(_ kind: BusKind, _ pattern: String) async throws {
        try await withBuses(kind) { buses in
            let heard = Heard<BusMessage>()
            let subscription = buses.one.subscribe(pattern) { heard.append($0) }
            try await buses.settle()
            for subject in ["a", "a.b", "a.x.b", "x.a", "ab"] { _ = buses.two.publish(BusMessage(subject, "x")) }
            try await end(buses)
            #expect(heard.all.map(\.subject) == [])
            subscription.cancel()
        }
    }

    @Test(arguments: BusKind.allCases)
    func payloadsAreLimited(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let sizes = Heard<Int>()
            _ = buses.one.subscribe("a") { sizes.append($0.payload.count) }
            try await buses.settle()
            func publish(_ count: Int, _ change: (inout BusMessage) -> Void = { _ in }) -> PublishResult {
                var message = BusMessage(subject: "a", payload: Payload(repeating: 1, count: count))
                change(&message)
                return buses.two.publish(message)
            }
            let limit = 1_048_576
            #expect(publish(limit) == .accepted)
            #expect(publish(limit + 1) == .tooLarge(limit: limit))
            // What travels as headers counts.
            let binary = limit - "NATS/1.0\r\nSwitchyard-Frame: binary\r\n\r\n".utf8.count
            #expect(publish(binary) { $0.frame = .binary } == .accepted)
            #expect(publish(binary + 1) { $0.frame = .binary } == .tooLarge(limit: limit))
            let headed = limit - "NATS/1.0\r\nA: b\r\nSwitchyard-Origin: 12\r\n\r\n".utf8.count
            let head = { (message: inout BusMessage) in (message.headers, message.origin) = ([("A", "b")], 12) }
            #expect(publish(headed, head) == .accepted)
            #expect(publish(headed + 1, head) == .tooLarge(limit: limit))
            #expect(await eventually { sizes.count == 3 })
            #expect(sizes.all == [limit, binary, headed])
        }
    }

    @Test(arguments: BusKind.allCases)
    func messagesTravelWhole(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let heard = Heard<BusMessage>()
            _ = buses.one.subscribe("a") { heard.append($0) }
            try await buses.settle()
            let bytes: Payload = [0, 0xFF, 0x0D, 0x0A, 0xC3]
            var message = BusMessage(
                subject: "a", payload: bytes, frame: .binary,
                headers: [("K", "v"), ("k", " two  words\t"), ("K", "again"), ("Empty", ""), ("U", "grüß")],
                reply: "answers.here", origin: .max)
            // Nobody but the gateway says these.
            message.headers += [("Switchyard-Origin", "7"), ("Switchyard-Frame", "binary")]
            message.position = StreamPosition(sequence: 5, time: 6)
            #expect(buses.two.publish(message) == .accepted)
            #expect(buses.two.publish(BusMessage("a", "", headers: [("Switchyard-Frame", "binary")])) == .accepted)
            #expect(await eventually { heard.count == 2 })
            let got = heard.all[0]
            #expect((got.subject, got.payload, got.frame) == ("a", bytes, .binary))
            #expect(
                got.headers.map { "\($0.name)=\($0.value)" }
                    == ["K=v", "k=two  words", "K=again", "Empty=", "U=grüß"])
            #expect((got.reply, got.origin, got.position) == ("answers.here", .max, nil))
            #expect(heard.all[1].frame == .unspecified && heard.all[1].origin == 0 && heard.all[1].headers.isEmpty)
        }
    }

    @Test(arguments: BusKind.allCases, ["a.b", "a.*", "a.>", "*.b", ">"])
    func cancelledIsSilent(_ kind: BusKind, _ pattern: String) async throws {
        try await withBuses(kind) { buses in
            let (first, second) = (Heard<BusMessage>(), Heard<BusMessage>())
            let subscription = buses.one.subscribe(pattern) { if $0.subject == "a.b" { first.append($0) } }
            _ = buses.one.subscribe(pattern) { if $0.subject == "a.b" { second.append($0) } }
            try await buses.settle()
            _ = buses.two.publish(BusMessage("a.b", "1"))
            #expect(await eventually { first.count == 1 && second.count == 1 })
            subscription.cancel()
            subscription.cancel()
            _ = buses.two.publish(BusMessage("a.b", "2"))
            #expect(await eventually { second.count == 2 })
            #expect(first.texts == ["1"] && second.texts == ["1", "2"])
        }
    }

    /// What looks alike is not alike.
    @Test(arguments: BusKind.allCases, ["\u{E9}", "e\u{301}"])
    func subjectsAreBytes(_ kind: BusKind, _ subject: String) async throws {
        try await withBuses(kind) { buses in
            func hex(_ text: String) -> String { text.utf8.map { String($0, radix: 16) }.joined() }
            let heard = Heard<String>()
            for pattern in ["\u{E9}", "e\u{301}", "\u{E9}.*", "e\u{301}.*", "*.\u{301}"] {
                let name = hex(pattern)
                _ = buses.one.subscribe(pattern) { _ in heard.append(name) }
            }
            try await buses.settle()
            _ = buses.two.publish(BusMessage(subject, ""))
            try await end(buses)
            #expect(heard.all == [hex(subject)])
            // A combining mark behind a dot does not make it another character.
            _ = buses.two.publish(BusMessage("\(subject).\u{301}", ""))
            try await end(buses)
            #expect(heard.all.dropFirst().sorted() == [hex("\(subject).*"), hex("*.\u{301}")].sorted())
        }
    }

    @Test(arguments: BusKind.allCases)
    func aSubscriptionMayPublishSubscribeAndCancel(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let heard = Heard<BusMessage>()
            let late = Heard<any BusSubscription>()
            let bus = buses.one
            _ = bus.subscribe("start") { _ in
                late.append(bus.subscribe("next") { heard.append($0) })
                _ = bus.publish(BusMessage("next", "1"))
            }
            _ = bus.subscribe("stop") { _ in
                for subscription in late.all { subscription.cancel() }
                _ = bus.publish(BusMessage("next", "2"))
            }
            try await buses.settle()
            _ = buses.two.publish(BusMessage("start", ""))
            #expect(await eventually { heard.count == 1 })
            _ = buses.two.publish(BusMessage("stop", ""))
            try await end(buses)
            #expect(heard.texts == ["1"])
        }
    }

    @Test(arguments: BusKind.allCases)
    func eachPublisherKeepsItsOrder(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let (exact, wild) = (Heard<BusMessage>(), Heard<BusMessage>())
            _ = buses.one.subscribe("p.0") { exact.append($0) }
            _ = buses.one.subscribe("p.*") { wild.append($0) }
            try await buses.settle()
            await withTaskGroup(of: Void.self) { group in
                for publisher in 0..<4 {
                    group.addTask {
                        let bus = publisher % 2 == 0 ? buses.one : buses.two
                        for number in 0..<1000 {
                            _ = bus.publish(BusMessage("p.\(publisher)", "\(number)"))
                        }
                    }
                }
            }
            #expect(await eventually { wild.count == 4000 && exact.count == 1000 })
            let numbers = (0..<1000).map { "\($0)" }
            for publisher in 0..<4 {
                try #require(wild.all.filter { $0.subject == "p.\(publisher)" }.map(\.text) == numbers)
            }
            #expect(exact.texts == numbers)
        }
    }

    /// A group is one, whatever the patterns of its members.
    @Test(arguments: BusKind.allCases)
    func aGroupSharesMessages(_ kind: BusKind) async throws {
        try await withBuses(kind) { buses in
            let counts = Mutex([0, 0, 0, 0, 0])
            for (index, pattern) in ["job.*", "job.>", "job.a"].enumerated() {
                _ = buses.one.subscribe(pattern, queue: "workers") { _ in counts.withLock { $0[index] += 1 } }
            }
            _ = buses.one.subscribe("job.a", queue: "others") { _ in counts.withLock { $0[3] += 1 } }
            _ = buses.one.subscribe("job.a", queue: "") { _ in counts.withLock { $0[4] += 1 } }
            try await buses.settle()
            for _ in 0..<300 { _ = buses.two.publish(BusMessage("job.a", "")) }
            try await end(buses)
            let heard = counts.withLock { $0 }
            #expect(heard[0] + heard[1] + heard[2] == 300)
            #expect(heard[..<3].allSatisfy { $0 > 30 })
            #expect(heard[3] == 300 && heard[4] == 0)
        }
    }
}
