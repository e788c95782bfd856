import NATSPlugin
import PluginKit
import Synchronization
import Testing

@Suite("Newer tokens on nats.bridge")
struct BridgeRenewalTests {
    /// A guard that answers when the test says so.
    final class Guard: Sendable {
        typealias Answer = @Sendable (Result<Identity, RenewalRefused>) -> Void

        private let asked = Mutex<[(token: String, answer: Answer)]>([])

        var tokens: [String] { asked.withLock { $0.map(\.token) } }

        func identity(
            _ permissions: Permissions = .all, claims: [String: String] = [:], expires: Int64? = 100
        ) -> Identity {
            Identity(subject: "ada", claims: claims, expires: expires, permissions: permissions) { token, answer in
                self.asked.withLock { $0.append((token, answer)) }
            }
        }

        /// From another thread, as guards may.
        func answer(_ number: Int, _ result: Result<Identity, RenewalRefused>) async {
            let answer = asked.withLock { $0[number].answer }
            await Task.detached { answer(result) }.value
        }
    }

    private static func refresh(_ token: String) -> SocketMessage { .text(#"{"type":"refresh","token":"\#(token)"}"#) }

    @Test("A newer token moves the socket's end, and is not published")
    func renews() async throws {
        let (guardian, bus) = (Guard(), ScriptedBus())
        var (socket, session) = try Bridge.make("t", bus: bus).open([], guardian.identity())
        session.received(Self.refresh("abc.def"))
        #expect(guardian.tokens == ["abc.def"])
        #expect(socket.calls == [.join("t")])
        await guardian.answer(0, .success(guardian.identity(expires: 200)))
        #expect(socket.calls == [.join("t"), .expire(200)])
        session.received(.text("hello"))
        #expect(bus.published.map(\.payload.text) == ["hello"])
    }

    @Test("A token that is refused closes with the reason")
    func refused() async throws {
        let guardian = Guard()
        var (socket, session) = try Bridge.make("t").open([], guardian.identity())
        session.received(Self.refresh("old"))
        await guardian.answer(0, .failure(RenewalRefused(reason: "the token has expired")))
        #expect(socket.calls == [.join("t"), .close(3000, "the token has expired")])
    }

    @Test("What may be done changes with the token")
    func permissions() async throws {
        let (guardian, bus) = (Guard(), ScriptedBus())
        var (socket, session) = try Bridge.make("t", bus: bus).open([], guardian.identity())
        session.received(Self.refresh("1"))
        await guardian.answer(0, .success(guardian.identity(Permissions(publish: ["t"], subscribe: []))))
        #expect(socket.calls == [.join("t"), .leave("t"), .expire(100)])
        session.received(Self.refresh("2"))
        await guardian.answer(1, .success(guardian.identity(Permissions(publish: [], subscribe: ["t"]), expires: nil)))
        #expect(socket.calls.suffix(2) == [.join("t"), .expire(nil)])
        #expect(bus.published.isEmpty)
        session.received(.text("hello"))
        #expect(socket.calls.last == .close(1008, "you may not send here") && bus.published.isEmpty)
    }

    @Test("A token with which nothing is left, or for another's channel, closes")
    func useless() async throws {
        let guardian = Guard()
        var (socket, session) = try Bridge.make("t").open([], guardian.identity())
        session.received(Self.refresh("1"))
        await guardian.answer(0, .success(guardian.identity(Permissions(publish: [], subscribe: []))))
        #expect(socket.calls.last == .close(1008, "you may not use this subject"))

        let other = Guard()
        var (second, inbox) = try Bridge.make("user.{claim.id}").open(
            [("topic", "")], other.identity(claims: ["id": "1"]))
        inbox.received(Self.refresh("1"))
        await other.answer(0, .success(other.identity(claims: ["id": "2"])))
        #expect(second.calls.last == .close(1008, "the new token is for another subject"))
    }

    @Test("One question at a time; of those that come meanwhile, the last")
    func oneAtATime() async throws {
        let guardian = Guard()
        var (socket, session) = try Bridge.make("t").open([], guardian.identity())
        for token in ["1", "2", "3"] { session.received(Self.refresh(token)) }
        #expect(guardian.tokens == ["1"])
        await guardian.answer(0, .success(guardian.identity(expires: 200)))
        #expect(guardian.tokens == ["1", "3"])
        await guardian.answer(1, .success(guardian.identity(expires: 300)))
        #expect(guardian.tokens == ["1", "3"])
        #expect(socket.calls == [.join("t"), .expire(200), .expire(300)])
    }

    @Test("An answer for a socket that is gone does nothing")
    func gone() async throws {
        let guardian = Guard()
        do {
            var (socket, session) = try Bridge.make("t").open([], guardian.identity())
            session.received(Self.refresh("1"))
            session.closed(code: 1001)
            _ = socket
        }
        await guardian.answer(0, .success(guardian.identity()))
        #expect(guardian.tokens == ["1"])
    }

    @Test(
        "What a refresh message may look like",
        arguments: [
            (#"abc"}"#, "abc"), (#"a\/b\"\\"}"#, #"a/b"\"#), ("é\"}", "é"), ("abc\" }", "abc"), ("abc\"\n}\r\n", "abc"),
            ("abc", nil), ("abc\"", nil), ("\"}", nil), (#"abc","x":1}"#, nil), (#"abc"}}"#, nil), (#"a\nb"}"#, nil),
            ("a\nb\"}", nil), (#"abc\"#, nil), (#"\u0041"}"#, nil), ("", nil),
        ] as [(String, String?)])
    func messages(rest: String, token: String?) throws {
        let (guardian, bus) = (Guard(), ScriptedBus())
        var (socket, session) = try Bridge.make("t", bus: bus).open([], guardian.identity())
        session.received(.text(#"{"type":"refresh","token":""# + rest))
        #expect(guardian.tokens == (token.map { [$0] } ?? []))
        #expect(socket.calls.contains(.close(3000, "the refresh message is malformed")) == (token == nil))
        #expect(bus.published.isEmpty)
    }

    @Test("Where no guard renews, a token still goes to nobody; without a guard it is a text like any other")
    func notRenewed() throws {
        let bus = ScriptedBus()
        var (known, one) = try Bridge.make("t", bus: bus).open([], Identity(subject: "ada"))
        one.received(Self.refresh("x"))
        #expect(known.calls == [.join("t"), .close(3000, "this token cannot be renewed here")])
        #expect(bus.published.isEmpty)
        var (_, other) = try Bridge.make("t", bus: bus).open([])
        other.received(Self.refresh("x"))
        #expect(bus.published.count == 1)
    }

    @Test("Anything else is published")
    func published() throws {
        let (guardian, bus) = (Guard(), ScriptedBus())
        var (socket, session) = try Bridge.make("t", bus: bus).open([], guardian.identity())
        session.received(.text(#"{"type": "refresh","token":"x"}"#))
        session.received(.text(#"{"token":"x","type":"refresh"}"#))
        session.received(SocketMessage(.binary, Self.refresh("x").payload))
        #expect(guardian.tokens.isEmpty && bus.published.count == 3)
        #expect(socket.calls == [.join("t")])
    }
}
