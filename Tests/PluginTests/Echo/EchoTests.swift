import EchoPlugin
import PluginKit
import Synchronization
import Testing

@Suite("Echo")
struct EchoTests {
    @Test("A fixed text")
    func text() throws {
        let settings: [String: SettingValue] = ["text": .string("hello\n"), "status": .integer(201)]
        let response = try Handlers.http("echo.http", of: EchoPlugin.self, settings).answer(Request())
        #expect(response.status == 201)
        #expect(response.headers == ["Content-Type": "text/plain; charset=utf-8"])
        #expect(try response.text == "hello\n")
    }

    @Test("The request as JSON")
    func request() throws {
        let request = Request(
            head: RequestHead(
                method: .put, target: "/x%20y?q=<1>", host: "h", headers: ["Accept": "a", "X-\"": "1", "Accept": "b"]),
            parameters: Parameters(names: ["name"], values: ["x y"]), body: Payload(text: "a\nb"))
        let response = try Handlers.http("echo.http", of: EchoPlugin.self).answer(request)
        #expect(response.status == 200)
        #expect(response.headers == ["Content-Type": "application/json"])
        #expect(
            try response.text
                == #"{"method":"PUT","path":"/x%20y","query":"q=\u003c1\u003e","parameters":[["name","x y"]],"#
                + #""headers":[["Accept","a"],["X-\"","1"],["Accept","b"]],"body":"a\nb"}"# + "\n")
    }

    @Test("Each message comes back as it came")
    func channel() throws {
        guard case .accept(nil, let open) = try Handlers.socket("echo.channel", of: EchoPlugin.self).admit(Request())
        else { throw Unexpected("not accepted") }
        let socket = FakeSocket()
        var session = open(socket)
        session.received(.text("é"))
        session.received(SocketMessage(.binary, [0, 255]))
        session.received(.text(""))
        session.closed(code: 1000)
        #expect(socket.sent.map(\.kind) == [.text, .binary, .text])
        #expect(socket.sent.map(\.payload) == [Payload(text: "é"), [0, 255], []])
    }
}

private final class FakeSocket: Socket {
    private let messages = Mutex<[SocketMessage]>([])

    var sent: [SocketMessage] { messages.withLock { $0 } }
    func send(_ message: SocketMessage) { messages.withLock { $0.append(message) } }
    func close(code: UInt16, reason: String) {}
    func join(_ feed: Feed) {}
    func hold(until congestion: Congestion) {}
    var id: UInt64 { 1 }
    func leave(_ subject: String) {}
    func expire(at time: Int64?) {}
}
