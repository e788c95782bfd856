import LimitPlugin
import PluginKit
import Synchronization
import Testing

@Suite("limit.rate") struct RateLimitTests {
    private final class Clock: Sendable {
        private let now = Atomic<Int64>(1_000_000_000_000)

        func advance(milliseconds: Int64) { now.add(milliseconds * 1_000_000, ordering: .relaxed) }
        var time: @Sendable () -> Int64 { { self.now.load(ordering: .relaxed) } }
    }

    private let clock = Clock()

    private func make(_ settings: [String: SettingValue]) throws -> RateLimit {
        try RateLimit(Settings(settings), clock: clock.time)
    }

    private func request(_ peer: String = "192.0.2.1:5000", path: String = "/", identity: String? = nil) -> Request {
        Request(
            head: RequestHead(method: .get, target: path, host: "x"), peer: peer,
            identity: identity.map { Identity(subject: $0) })
    }

    private func passes(_ limit: RateLimit, _ request: Request) -> Bool {
        var request = request
        if case .next = limit.before(&request) { return true }
        return false
    }

    @Test func tooManyRequests() throws {
        let limit = try make(["requests": .string("2/m")])
        #expect(passes(limit, request()) && passes(limit, request("192.0.2.1:5001")))
        var third = request()
        guard case .answer(let answer) = limit.before(&third) else { throw Unexpected("let in") }
        #expect(answer.status == 429)
        #expect(answer.headers["Retry-After"] == "31")
        #expect(try answer.text.hasPrefix(#"{"error":{"code":429,"#))
        clock.advance(milliseconds: 29_999)
        #expect(!passes(limit, request()))
        clock.advance(milliseconds: 1)
        #expect(passes(limit, request()))
    }

    /// Whether the second of two requests finds the bucket used by the first.
    @Test(
        arguments: [
            ("address", true, "1.2.3.4:1", "1.2.3.4:2", "/a", "/b", "x", "y"),
            ("address", false, "1.2.3.4:1", "1.2.3.5:1", "/", "/", "x", "x"),
            ("address", true, "[2001:db8::1]:1", "[2001:db8::ffff:2]:2", "/", "/", nil, nil),
            ("address", false, "[2001:db8::1]:1", "[2001:db8:0:1::1]:1", "/", "/", nil, nil),
            ("address", true, "[::ffff:1.2.3.4]:1", "1.2.3.4:1", "/", "/", nil, nil),
            ("address", true, "", "", "/", "/", nil, nil),
            ("identity", true, "1.2.3.4:1", "1.2.3.5:1", "/", "/", "x", "x"),
            ("identity", false, "1.2.3.4:1", "1.2.3.4:1", "/", "/", "x", "y"),
            ("identity", true, "1.2.3.4:1", "1.2.3.4:1", "/", "/", nil, nil),
            ("identity", false, "1.2.3.4:1", "1.2.3.5:1", "/", "/", nil, nil),
            ("identity", false, "1.2.3.4:1", "1.2.3.4:1", "/", "/", "1.2.3.4", nil),
            ("path", true, "1.2.3.4:1", "1.2.3.5:1", "/ws/a", "/ws/a?b", "x", "y"),
            ("path", true, "1.2.3.4:1", "1.2.3.4:1", "/ws/a", "/%77s/%61", nil, nil),
            ("path", false, "1.2.3.4:1", "1.2.3.4:1", "/ws/a", "/ws/b", nil, nil),
            ("path", false, "1.2.3.4:1", "1.2.3.4:1", "/a", "/%2", nil, nil),
            ("all", true, "1.2.3.4:1", "1.2.3.5:1", "/a", "/b", "x", "y"),
        ] as [(String, Bool, String, String, String, String, String?, String?)])
    func whatIsCountedTogether(
        _ by: String, _ isOne: Bool, _ peer: String, _ otherPeer: String, _ path: String, _ otherPath: String,
        _ identity: String?, _ otherIdentity: String?
    ) throws {
        let limit = try make(["requests": .string("1/h"), "by": .string(by)])
        #expect(passes(limit, request(peer, path: path, identity: identity)))
        #expect(passes(limit, request(otherPeer, path: otherPath, identity: otherIdentity)) != isOne)
        #expect(limit.socketGuard(for: request()) == nil)
    }

    @Test func messagesOfEachConnection() throws {
        let limit = try make(["messages": .string("10/s"), "burst": .integer(2), "excess": .string("drop")])
        #expect(passes(limit, request()) && passes(limit, request()))
        var first = try #require(limit.socketGuard(for: request()))
        var second = try #require(limit.socketGuard(for: request()))
        #expect(first.received(.text("a")) == .pass && first.received(.text("b")) == .pass)
        #expect(first.received(.text("c")) == .drop(reason: "too many messages"))
        #expect(second.received(.text("a")) == .pass)
        clock.advance(milliseconds: 100)
        #expect(first.received(.text("d")) == .pass)
        #expect(first.received(.text("e")) == .drop(reason: "too many messages"))
    }

    @Test(arguments: [("address", 3), ("identity", 3), ("path", 2), ("all", 2), ("connection", 4)])
    func messagesTogether(_ by: String, _ passed: Int) throws {
        let limit = try make(["messages": .string("2/h"), "by": .string(by)])
        let (one, other) = (request(identity: "x"), request("192.0.2.9:1", identity: "y"))
        var guards = try [one, one, other].map { try #require(limit.socketGuard(for: $0)) }
        var count = 0
        for index in [0, 1, 0, 2] {
            switch guards[index].received(.text("a")) {
            case .pass: count += 1
            case let verdict: #expect(verdict == .close(code: 1008, reason: "too many messages"))
            }
        }
        #expect(count == passed)
    }

    @Test(
        arguments: [
            ([:], []), (["requests": .string("10/s"), "messages": .string("10/s")], ["messages"]),
            (["requests": .string("ten")], ["requests"]), (["messages": .string("0/s")], ["messages"]),
            (["requests": .string("10/s"), "by": .string("connection")], ["by"]),
            (["requests": .string("10/s"), "excess": .string("drop")], ["excess"]),
        ] as [([String: SettingValue], [String])])
    func complains(_ settings: [String: SettingValue], _ place: [String]) {
        #expect {
            try make(settings)
        } throws: { error in
            (error as? SettingError)?.path == place
        }
    }

    @Test func asDeclared() throws {
        let limit = try Handlers.middleware("limit.rate", of: LimitPlugin.self, ["requests": .string("1/h")])
        var (first, second) = (request(), request())
        guard case .next = limit.before(&first), case .answer = limit.before(&second) else {
            throw Unexpected("passage")
        }
    }
}
