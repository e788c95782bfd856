import AuthPlugin
import Messaging
import NIOHTTP1
import PluginKit
import TestSupport
import Testing

@Suite("auth.ask", .timeLimit(.minutes(1))) struct AskGuardTests {
    private func make(_ settings: [String: SettingValue], bus: any Bus = FakeBus()) throws -> any Middleware {
        try Handlers.middleware("auth.ask", of: AuthPlugin.self, settings, bus: bus)
    }

    private func request(_ fields: HeaderFields = ["Cookie": "sid=1"], target: String = "/a?b=c") -> Request {
        Request(
            head: RequestHead(method: .put, target: target, host: "example.com", headers: fields), scheme: "https",
            peer: "192.0.2.1:5000", id: RequestID(rawValue: 7))
    }

    @Test func passesOnWhatMatters() async throws {
        let server = try await TestServer { _ in .init(body: #"{"subject":"ada"}"#) }
        let guardian = try make(["url": .string(server.url("/check"))])
        let fields: HeaderFields = ["Cookie": "sid=1", "Authorization": "Basic x", "X-Other": "no", "Cookie": "b=2"]
        let (answer, passed) = try await guardian.decide(request(fields))
        #expect(answer == nil)
        #expect(passed.identity?.subject == "ada")
        let asked = try #require(server.requests.first)
        #expect(asked.method == .GET && asked.uri == "/check")
        let expected = [
            ("cookie", ["sid=1", "b=2"]), ("authorization", ["Basic x"]), ("x-other", []),
            ("x-forwarded-method", ["PUT"]),
            ("x-forwarded-uri", ["/a?b=c"]), ("x-forwarded-host", ["example.com"]), ("x-forwarded-proto", ["https"]),
            ("x-forwarded-for", ["192.0.2.1"]), ("x-request-id", ["0000000000000007"]),
        ]
        for (name, values) in expected { #expect(asked.headers[name] == values, "\(name)") }
    }

    @Test(arguments: [
        (TestServer.Answer(status: 401, headers: [("WWW-Authenticate", "Basic realm=x")]), 401),
        (TestServer.Answer(status: 403), 403), (TestServer.Answer(status: 500), 503),
        (TestServer.Answer(status: 302), 503),
        (TestServer.Answer(body: "{"), 503), (TestServer.Answer(body: "{}", isCut: true), 503),
    ])
    func refusals(_ answer: TestServer.Answer, _ status: Int) async throws {
        let server = try await TestServer { _ in answer }
        let guardian = try make(["url": .string(server.url())])
        let decided = try #require(try await guardian.decide(request()).answer)
        #expect(decided.status == status)
        #expect(decided.headers["WWW-Authenticate"] == (status == 401 ? "Basic realm=x" : nil))
        #expect(decided.headers["Retry-After"] == (status == 503 ? "1" : nil))
    }

    @Test func nobodyThere() async throws {
        let server = try await TestServer { _ in nil }
        let slow = try make(["url": .string(server.url()), "timeout": .duration(.milliseconds(50))])
        #expect(try await slow.decide(request()).answer?.status == 503)
        try await server.stop()
        #expect(try await make(["url": .string(server.url())]).decide(request()).answer?.status == 503)
    }

    @Test func givesUpWithTheClient() async throws {
        let server = try await TestServer { _ in nil }
        let guardian = try make(["url": .string(server.url())])
        var request = request()
        guard case .pending(let pending) = guardian.before(&request) else { throw Unexpected("no waiting") }
        try await eventually { server.connections == 1 }
        pending.cancel()
        try await eventually { server.connections == 0 }
    }

    @Test func remembers() async throws {
        let server = try await TestServer { head in
            head.headers["cookie"] == ["sid=bad"] ? .init(status: 403) : .init(body: #"{"subject":"ada"}"#)
        }
        let guardian = try make(["url": .string(server.url()), "cache": .duration(.seconds(60))])
        for _ in 0..<3 { #expect(try await guardian.decide(request()).request.identity?.subject == "ada") }
        #expect(server.requests.count == 1)
        // Another question in any respect is asked, and so is what was refused.
        for other in [
            request(target: "/a"), request(["Cookie": "sid=2"]), request(["Authorization": "sid=1"]), request([:]),
        ] {
            #expect(try await guardian.decide(other).answer == nil)
        }
        #expect(server.requests.count == 5)
        for _ in 0..<2 { #expect(try await guardian.decide(request(["Cookie": "sid=bad"])).answer?.status == 403) }
        #expect(server.requests.count == 7)
    }

    @Test func onTheBus() async throws {
        let bus = EmbeddedBus()
        let guardian = try make(["subject": .string("who.may"), "timeout": .duration(.seconds(20))], bus: bus)
        #expect(try await guardian.decide(request()).answer?.status == 503)
        let subscription = bus.subscribe("who.may", queue: nil) { question in
            guard let reply = question.reply else { return }
            let cookie = question.headers.first { $0.name == "Cookie" }?.value
            let isKnown =
                cookie == "sid=1"
                && question.payload.text == #"{"method":"PUT","target":"/a?b=c","host":"example.com","scheme":"https","#
                    + #""address":"192.0.2.1"}"#
            _ = bus.publish(
                BusMessage(
                    subject: reply, payload: Payload(text: #"{"status":\#(isKnown ? 200 : 403),"subject":"ada"}"#)))
        }
        #expect(try await guardian.decide(request()).request.identity?.subject == "ada")
        #expect(try await guardian.decide(request(["Cookie": "sid=2"])).answer?.status == 403)
        subscription.cancel()
    }

    /// However many come, only so many questions are under way.
    @Test func isBounded() async throws {
        let guardian = try make(["subject": .string("who.may")], bus: SilentBus())
        var waiting: [PendingPassage] = []
        var request = request()
        while case .pending(let pending) = guardian.before(&request), waiting.count < 2000 { waiting.append(pending) }
        #expect(waiting.count == 1024)
        #expect(try await guardian.decide(request).answer?.status == 503)
        for pending in waiting { pending.cancel() }
        try await eventually {
            guard case .pending(let pending) = guardian.before(&request) else { return false }
            pending.cancel()
            return true
        }
    }

    @Test func leavesAloneWhatItHearsNothingAbout() async throws {
        let server = try await TestServer { _ in .init(status: 204) }
        let guardian = try make(["url": .string(server.url())])
        var known = request()
        known.identity = Identity(subject: "ada")
        #expect(try await guardian.decide(known).request.identity === known.identity)
        #expect(try await guardian.decide(request()).request.identity == nil)
    }

    @Test(
        arguments: [
            ([:], []), (["url": .string("http://localhost/"), "subject": .string("a")], ["subject"]),
            (["url": .string("nowhere")], ["url"]), (["url": .string("http://10.0.0.1/")], ["url"]),
            (["subject": .string("a.>")], ["subject"]),
            (["subject": .string("a"), "timeout": .duration(.zero)], ["timeout"]),
            (["subject": .string("a"), "headers": .list([.string("Cookie"), .string("a b")])], ["headers", "1"]),
            (["subject": .string("a"), "headers": .list([.string("Host")])], ["headers", "0"]),
            (["subject": .string("a"), "headers": .list([.string("x-forwarded-for")])], ["headers", "0"]),
            (["subject": .string("a"), "headers": .list([.string("Transfer-Encoding")])], ["headers", "0"]),
        ] as [([String: SettingValue], [String])])
    func complains(_ settings: [String: SettingValue], _ place: [String]) {
        #expect {
            try make(settings)
        } throws: { error in
            (error as? SettingError)?.path == place
        }
    }

    @Test func plainHTTPWhereItIsAllowed() {
        #expect(throws: Never.self) {
            try make(["url": .string("http://10.0.0.1/"), "plain-http": .boolean(true)])
        }
    }
}

/// Nobody answers, until nobody asks any more.
private final class SilentBus: Bus {
    func publish(_ message: BusMessage) -> PublishResult { .accepted }

    func subscribe(
        _ subject: String, queue: String?, deliver: @escaping @Sendable (BusMessage) -> Void
    ) -> any BusSubscription { EmbeddedBus().subscribe(subject, queue: queue, deliver: deliver) }

    func request(_ message: BusMessage, timeout: Duration) async throws(BusFailure) -> BusMessage {
        try? await Task.sleep(for: .seconds(60))
        throw .timeout
    }
}
