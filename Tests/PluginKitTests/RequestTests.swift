import PluginKit
import Testing

@Suite("Requests")
struct RequestTests {
    struct Target: Sendable {
        var target: String
        var path: String
        var query: String?

        init(_ target: String, path: String, query: String? = nil) {
            self.target = target
            self.path = path
            self.query = query
        }
    }

    static let targets = [
        Target("/", path: "/"),
        Target("/a/b%2Fc", path: "/a/b%2Fc"),
        Target("/a?x=1&y=%3F", path: "/a", query: "x=1&y=%3F"),
        Target("/a?", path: "/a", query: ""),
        Target("/a?b?c", path: "/a", query: "b?c"),
        Target("/?/x", path: "/", query: "/x"),
        Target("*", path: "*"),
        Target("/ü?ü", path: "/ü", query: "ü"),
        Target("", path: ""),
    ]

    @Test("Target, path and query", arguments: targets)
    func target(row: Target) {
        let head = RequestHead(method: .get, target: row.target, host: "h:80", headers: ["Accept": "x"])
        #expect(head.target == row.target)
        #expect(head.path == row.path)
        #expect(head.query == row.query)
        #expect(head.host == "h:80")
        #expect(head.fields["accept"] == "x")
        #expect(head.fields.count == 1)
        let request = Request(head: head)
        #expect(request.path == row.path)
        #expect(request.query == row.query)
    }

    @Test("Ranges of an absolute target, as the wire parser sets them")
    func absolute() {
        var head = RequestHead()
        head.fields.bytes = Array("PUT http://h.example:81/p?q HTTP/1.1".utf8)
        head.method = .put
        head.targetRange = 4..<27
        head.hostRange = 11..<23
        head.pathRange = 23..<25
        #expect(head.target == "http://h.example:81/p?q")
        #expect(head.host == "h.example:81")
        #expect(head.path == "/p")
        #expect(head.query == "q")
    }

    @Test(
        "The client's address is its peer without the port",
        arguments: [
            ("127.0.0.1:51234", "127.0.0.1"), ("[::1]:51234", "::1"), ("[fe80::1%eth0]:1", "fe80::1%eth0"), ("", ""),
        ])
    func address(peer: String, address: String) {
        #expect(Request(peer: peer).address == address)
    }

    @Test("An empty head answers with empty text")
    func empty() {
        let request = Request()
        #expect(request.method == .get)
        #expect(request.path.isEmpty && request.head.host.isEmpty && request.head.target.isEmpty)
        #expect(request.query == nil)
        #expect(request.head.minorVersion == 1)
    }

    @Test(
        "Request ids are 16 hexadecimal digits",
        arguments: [
            (0, "0000000000000000"), (0xBEEF, "000000000000beef"), (UInt64.max, "ffffffffffffffff"),
        ] as [(UInt64, String)])
    func id(value: UInt64, text: String) {
        #expect(RequestID(rawValue: value).description == text)
    }

    @Test("Parameters by name, in the order of the template")
    func parameters() {
        let parameters = Parameters(names: ["b", "a"], values: ["2", ""])
        #expect(parameters["a"] == "")
        #expect(parameters["b"] == "2")
        #expect(parameters["c"] == nil)
        #expect(parameters.pairs.map(\.name) == ["b", "a"])
        #expect(parameters.pairs.map(\.value) == ["2", ""])
    }

    @Test(
        "Methods are what stands on the wire, case and all",
        arguments: [
            "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "get", "PURGE", "M-SEARCH",
        ])
    func methods(name: String) {
        #expect(Method(name).name == name)
    }

    @Test("Known methods are cases of their own, others compare by name")
    func knownMethods() {
        #expect(Method("GET") == .get)
        #expect(Method("PATCH") == .patch)
        #expect(Method("get") == .other("get"))
        #expect(Method("get") != .get)
    }

    @Test("A text response says so")
    func textResponse() {
        let response = Response(status: 404, text: "é")
        #expect(response.status == 404)
        #expect(response.headers == ["Content-Type": "text/plain; charset=utf-8"])
        guard case .bytes(let bytes) = response.body else {
            Issue.record("not bytes: \(response.body)")
            return
        }
        #expect(bytes == [0xC3, 0xA9])
        #expect(Response(text: "", contentType: "text/css").headers == ["Content-Type": "text/css"])
    }
}
