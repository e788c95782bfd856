internal import PluginKit

/// Answers a fixed text, or what it saw of the request as JSON.
struct EchoHandler: HTTPHandler {
    private let status: Int
    private let fixed: Response?
    private static let headers: HeaderFields = ["Content-Type": "application/json"]

    init(_ settings: Settings) {
        let status = settings.integer("status") ?? 200
        self.status = status
        fixed = settings.string("text").map { Response(status: status, text: $0) }
    }

    func respond(to request: Request) -> Reply {
        if let fixed { return .now(fixed) }
        return .now(Response(status: status, headers: Self.headers, body: .bytes(json(request))))
    }

    /// `{"method":…,"path":…,"query":…,"parameters":[[name,value]…],"headers":[[name,value]…],"body":…}`.
    ///
    /// Lists of pairs, because order and repeated names matter. A body that is not UTF-8 shows U+FFFD.
    private func json(_ request: Request) -> Payload {
        var out = Payload(text: #"{"method":"#)
        JSONText.append(request.method.name, to: &out)
        out += #","path":"#.utf8
        JSONText.append(request.path, to: &out)
        out += #","query":"#.utf8
        JSONText.append(request.query ?? "", to: &out)
        out += #","parameters":"#.utf8
        append(request.parameters.pairs, to: &out)
        out += #","headers":"#.utf8
        append(request.headers.map { $0 }, to: &out)
        out += #","body":"#.utf8
        JSONText.append(request.body.text, to: &out)
        out += "}\n".utf8
        return out
    }

    private func append(_ pairs: [(name: String, value: String)], to out: inout Payload) {
        out += "[".utf8
        for (index, pair) in pairs.enumerated() {
            out += (index == 0 ? "[" : ",[").utf8
            JSONText.append(pair.name, to: &out)
            out += ",".utf8
            JSONText.append(pair.value, to: &out)
            out += "]".utf8
        }
        out += "]".utf8
    }
}
