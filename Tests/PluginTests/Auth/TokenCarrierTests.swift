import AuthPlugin
import PluginKit
import Testing

@Suite("Where tokens come from") struct TokenCarrierTests {
    private func request(_ fields: [(String, String)] = [], target: String = "/") -> Request {
        var headers = HeaderFields()
        for (name, value) in fields { headers.append(name, value) }
        return Request(head: RequestHead(method: .get, target: target, host: "x", headers: headers))
    }

    @Test(
        arguments: [
            ([("Authorization", "Bearer abc")], "abc"), ([("authorization", "bearer abc")], "abc"),
            ([("Authorization", "BEARER   abc")], "abc"), ([("Authorization", "Bearer")], ""),
            ([("Authorization", "Bearer a b")], "a b"), ([("Authorization", "Basic abc")], nil),
            ([("Authorization", "Bearerabc")], nil), ([("Authorization", "abc")], nil), ([], nil),
            ([("Authorization", "Basic eDp5"), ("Authorization", "Bearer abc")], "abc"),
        ] as [([(String, String)], String?)])
    func header(_ fields: [(String, String)], _ token: String?) throws {
        #expect(try TokenCarrier.header.token(in: request(fields)) == token)
    }

    @Test(
        arguments: [
            ("/?token=abc", "abc"), ("/?a=1&token=abc&b=2", "abc"), ("/?token=", ""), ("/?token", nil),
            ("/?Token=a", nil),
            ("/?xtoken=a", nil), ("/", nil), ("/token=a", nil), ("/?token=a=b", "a=b"), ("/?token=a%2Eb", "a%2Eb"),
        ] as [(String, String?)])
    func query(_ target: String, _ token: String?) throws {
        #expect(try TokenCarrier.query("token").token(in: request(target: target)) == token)
    }

    @Test(
        arguments: [
            (["sid=abc"], "abc"), (["a=1; sid=abc; b=2"], "abc"), (["a=1;sid=abc"], "abc"), (["sid=\"abc\""], "abc"),
            (["a=1", "sid=abc"], "abc"), (["sid="], nil), (["sid"], nil), (["SID=abc"], nil), (["xsid=a"], nil),
            ([], nil),
            (["sid=; sid=abc"], "abc"), (["sid=abc; sid=def"], "abc"), (["sid=\""], "\""), ([";;=;"], nil),
        ] as [([String], String?)])
    func cookie(_ fields: [String], _ token: String?) throws {
        #expect(try TokenCarrier.cookie("sid").token(in: request(fields.map { ("Cookie", $0) })) == token)
    }

    @Test(
        arguments: [
            (["bearer, abc"], "abc", "bearer"), (["bearer,abc, json"], "abc", "bearer, json"),
            (["json, bearer, abc"], "abc", "json, bearer"), (["bearer", "abc", "json"], "abc", "bearer, json"),
            (["bearer, bearer"], "bearer", "bearer"), (["bearer"], nil, "bearer"), (["json"], nil, "json"),
            ([], nil, ""),
            (["Bearer, abc"], nil, "Bearer, abc"), (["abc, bearer"], nil, "abc, bearer"),
            ([" \tbearer\t ,\tabc "], "abc", "bearer"),
        ] as [([String], String?, String)])
    func subprotocol(_ fields: [String], _ token: String?, _ left: String) throws {
        var request = request(fields.map { ("Sec-WebSocket-Protocol", $0) } + [("Cookie", "a=b")])
        #expect(try TokenCarrier.subprotocol.token(in: request) == token)
        TokenCarrier.subprotocol.removeToken(from: &request)
        #expect(request.headers.values("Sec-WebSocket-Protocol") == [left])
        #expect(request.headers["Cookie"] == "a=b")
        #expect(request.path == "/" && request.head.host == "x")
    }

    @Test func twoTokensInOnePlace() {
        let cases: [(TokenCarrier, Request)] = [
            (.header, request([("Authorization", "Bearer a"), ("Authorization", "Bearer b")])),
            (.query("token"), request(target: "/?token=a&token=a")),
            (.subprotocol, request([("Sec-WebSocket-Protocol", "bearer, a, bearer, b")])),
        ]
        for (carrier, request) in cases {
            #expect(throws: TokenRefusal.repeated) { try carrier.token(in: request) }
        }
    }

    @Test func settings() throws {
        let setting = SettingValue.list([
            .string("header"), .map(["cookie": .string("sid")]), .map(["query": .string("access_token")]),
            .string("subprotocol"), .string("header"),
        ])
        #expect(try TokenCarrier.list(setting) == [.header, .cookie("sid"), .query("access_token"), .subprotocol])
    }

    @Test(
        arguments: [
            .list([]), .list([.string("cookie")]), .list([.string("head")]), .list([.map(["cookie": .string("a b")])]),
            .list([.map(["query": .string("a&b")])]), .list([.map(["query": .string("")])]),
            .list([.map(["header": .string("a")])]),
            .list([.integer(1)]), .list([.map([:])]),
        ] as [SettingValue])
    func complains(_ setting: SettingValue) {
        #expect(throws: SettingError.self) { try TokenCarrier.list(setting) }
    }
}
