import Messaging
import NATSPlugin
import PluginKit
import Testing

@Suite("nats.poll")
struct PollTests {
    /// A handler on the embedded bus, started.
    private struct Fixture {
        let bus = EmbeddedBus()
        let handler: any HTTPHandler

        init(_ settings: [String: SettingValue] = [:]) async throws {
            let usual: [String: SettingValue] = ["subject": .string("t.{topic}"), "history": .map([:])]
            handler = try Handlers.http(
                "nats.poll", of: NATSPlugin.self, settings.merging(usual) { one, _ in one }, bus: bus,
                parameters: ["topic"])
            try await handler.start()
        }

        @discardableResult
        func say(_ text: String, on subject: String = "t.x") -> PublishResult {
            bus.publish(BusMessage(subject: subject, payload: Payload(text: text), frame: .text))
        }

        func poll(_ query: String, topic: String = "x", _ identity: Identity? = nil) async throws -> Response {
            try await handler.outcome(Request([("topic", topic)], identity, target: "/?" + query))
        }

        /// The texts of an answer, and its end from `"next"` on with the epoch left out.
        func texts(_ response: Response) throws -> (texts: [String], end: String, next: String) {
            let json = try response.text
            let texts = json.split(separator: #""data":""#).dropFirst().map { String($0.prefix { $0 != "\"" }) }
            let next = try #require(json.split(separator: #""next":""#).last?.prefix { $0 != "\"" })
            let end = json.split(separator: next).last.map(String.init) ?? ""
            return (texts, String(next.split(separator: ":").last ?? "") + end, String(next))
        }
    }

    @Test("Who has no place learns it, and from there misses nothing")
    func resumes() async throws {
        let fixture = try await Fixture()
        fixture.say("before")
        let start = try fixture.texts(try await fixture.poll("wait=0"))
        #expect(start.texts.isEmpty && start.end == "1\"}\n")
        fixture.say("one")
        fixture.say("elsewhere", on: "t.y")
        fixture.say("two")
        let first = try fixture.texts(try await fixture.poll("since=\(start.next)"))
        #expect(first.texts == ["one", "two"] && first.end == "4\"}\n")
        let second = try fixture.texts(try await fixture.poll("since=\(first.next)&wait=0"))
        #expect(second.texts.isEmpty && second.next == first.next)
        await fixture.handler.stop()
    }

    @Test("An answer waits for what comes, on its own subject only")
    func waits() async throws {
        let fixture = try await Fixture()
        let start = try fixture.texts(try await fixture.poll("wait=0"))
        async let answer = fixture.poll("since=\(start.next)")
        for _ in 0..<100 { await Task.yield() }
        fixture.say("elsewhere", on: "t.y")
        fixture.say("here")
        let (texts, end, _) = try fixture.texts(try await answer)
        #expect(texts == ["here"] && end == "2\"}\n")
        await fixture.handler.stop()
    }

    @Test("After the wait the answer is empty, and the place still good")
    func timeout() async throws {
        let fixture = try await Fixture(["wait": .duration(.milliseconds(20))])
        let start = try fixture.texts(try await fixture.poll("wait=10h"))
        #expect(start.texts.isEmpty)
        let again = try fixture.texts(try await fixture.poll("since=\(start.next)"))
        #expect(again.texts.isEmpty && again.next == start.next)
        await fixture.handler.stop()
    }

    @Test("With `last` new clients begin with what was kept")
    func last() async throws {
        let fixture = try await Fixture(["last": .integer(2)])
        for text in ["a", "b", "c"] { fixture.say(text) }
        let first = try fixture.texts(try await fixture.poll(""))
        #expect(first.texts == ["b", "c"])
        fixture.say("d")
        #expect(try fixture.texts(try await fixture.poll("since=\(first.next)")).texts == ["d"])
        await fixture.handler.stop()
    }

    @Test("An answer is bounded, and the next goes on behind it")
    func bounds() async throws {
        for settings in [["messages": SettingValue.integer(2)], ["bytes": .integer(300)]] {
            let fixture = try await Fixture(settings)
            let start = try fixture.texts(try await fixture.poll("wait=0")).next
            let said = (0..<7).map { "message \($0)" }
            for text in said { fixture.say(text) }
            var (heard, place): ([String], String) = ([], start)
            while heard.count < said.count {
                let answer = try fixture.texts(try await fixture.poll("since=\(place)&wait=0"))
                #expect((1...2).contains(answer.texts.count))
                heard += answer.texts
                place = answer.next
                if answer.texts.isEmpty { break }
            }
            #expect(heard == said)
            await fixture.handler.stop()
        }
    }

    @Test("A message larger than the bound comes alone")
    func large() async throws {
        let fixture = try await Fixture(["bytes": .integer(10), "last": .integer(9)])
        fixture.say("first")
        fixture.say("second")
        #expect(try fixture.texts(try await fixture.poll("")).texts == ["first"])
        await fixture.handler.stop()
    }

    @Test("What is gone is told", arguments: ["0", "other:1", "99"])
    func gaps(token: String) async throws {
        let fixture = try await Fixture(["history": .map(["messages": .integer(2)])])
        for text in ["a", "b", "c"] { fixture.say(text) }
        let answer = try fixture.texts(try await fixture.poll("since=\(token)"))
        #expect(answer.texts == ["b", "c"] && answer.end == "3\",\"gap\":true}\n")
        await fixture.handler.stop()
    }

    @Test(
        "What is refused",
        arguments: [
            ("since=x", "x", Identity?.none, 400), ("wait=soon", "x", nil, 400), ("wait=-1", "x", nil, 400),
            ("", "a b", nil, 400), ("", "*", nil, 400),
            ("", "x", Identity(subject: "a", permissions: Permissions(subscribe: ["t.y"])), 403),
        ])
    func refused(query: String, topic: String, identity: Identity?, status: Int) async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.poll(query, topic: topic, identity).status == status)
        await fixture.handler.stop()
        #expect(try await fixture.poll("since=1").status == 503, "it is closed")
    }

    @Test("Who leaves is not waited for, and the end of the handler ends every wait")
    func cancelled() async throws {
        let fixture = try await Fixture()
        guard case .pending(let left) = fixture.handler.respond(to: Request([("topic", "x")], target: "/")) as Reply,
            case .pending(let stays) = fixture.handler.respond(to: Request([("topic", "y")], target: "/")) as Reply
        else { throw Unexpected("not pending") }
        left.cancel()
        await fixture.handler.stop()
        let response = try await withCheckedContinuation { continuation in
            stays.deliver { continuation.resume(returning: $0) }
        }.get()
        // It may have come too late for a place.
        #expect([200, 503].contains(response.status))
        #expect(fixture.bus.isIdle)
    }
}
