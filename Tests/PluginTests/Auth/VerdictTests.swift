import AuthPlugin
import PluginKit
import Testing

@Suite("Verdicts") struct VerdictTests {
    static let whole = #"""
        {"subject":"ada","claims":{"room":"7","org":{"id":1}},"expires":1800000000,
        "permissions":{"publish":["a.>"],"subscribe":["b.*"]},"more":[1]}
        """#
    static let grant = Grant(
        subject: "ada", claims: ["room": "7", "org.id": "1"], expires: 1_800_000_000,
        permissions: Permissions(publish: ["a.>"], subscribe: ["b.*"]))

    @Test(
        arguments: [
            (200, whole, .admitted(grant)), (204, "", .admitted(nil)), (200, "{}", .admitted(nil)),
            (299, "", .admitted(nil)),
            (200, #"{"subject":null,"expires":null,"claims":null,"permissions":null}"#, .admitted(nil)),
            (200, #"{"permissions":{"publish":[]}}"#, .admitted(Grant(permissions: Permissions(publish: [])))),
            (401, "", .refused(status: 401, challenge: "Basic")),
            (403, whole, .refused(status: 403, challenge: "Basic")),
            (302, "", .unclear(Problem("the answer is 302"))), (500, "", .unclear(Problem("the answer is 500"))),
            (404, "", .unclear(Problem("the answer is 404"))), (100, "", .unclear(Problem("the answer is 100"))),
            (200, "ok", .unclear(Problem("the answer is no JSON object"))),
            (200, "[1]", .unclear(Problem("the answer is no JSON object"))),
            (200, #"{"subject":7}"#, .unclear(Problem("the answer's 'subject' is no text"))),
            (200, #"{"claims":[]}"#, .unclear(Problem("the answer's 'claims' is no object"))),
            (200, #"{"expires":"never"}"#, .unclear(Problem("the answer's 'expires' is no whole number"))),
            (200, #"{"expires":1.5}"#, .unclear(Problem("the answer's 'expires' is no whole number"))),
            (200, #"{"permissions":["a"]}"#, .unclear(Problem("the answer's 'permissions' is no object"))),
            (
                200, #"{"permissions":{"publish":"a"}}"#,
                .unclear(Problem("the answer's permissions to publish are no list of patterns"))
            ),
            (
                200, #"{"permissions":{"subscribe":["a..b"]}}"#,
                .unclear(Problem("the answer's permissions to subscribe are no list of patterns"))
            ),
            (
                200, #"{"permissions":{"subscribe":[7]}}"#,
                .unclear(Problem("the answer's permissions to subscribe are no list of patterns"))
            ),
        ] as [(Int, String, Verdict)])
    func answers(_ status: Int, _ body: String, _ expected: Verdict) {
        let http = HTTPAnswer(
            status: status,
            headers: [
                (name: "content-type", value: "application/json; charset=utf-8"),
                (name: "WWW-Authenticate", value: "Basic"),
            ],
            body: Array(body.utf8))
        #expect(Verdict(http) == expected)
        let bus = BusMessage(
            subject: "x", payload: Array(body.utf8),
            headers: [(name: "Status", value: "\(status)"), (name: "www-authenticate", value: "Basic")])
        #expect(Verdict(bus) == expected)
    }

    /// A page is no answer about the client.
    @Test func textIsNotLookedAt() {
        let page = HTTPAnswer(
            status: 200, headers: [(name: "Content-Type", value: "text/html")], body: Array("<p>".utf8))
        #expect(Verdict(page) == .admitted(nil))
    }

    @Test(
        arguments: [
            (#"{"status":200,"subject":"ada"}"#, [], .admitted(Grant(subject: "ada"))),
            (#"{"status":403}"#, [], .refused(status: 403, challenge: nil)),
            (#"{"status":200}"#, [("Status", "403")], .refused(status: 403, challenge: nil)),
            ("", [("Nats-Service-Error-Code", "401")], .refused(status: 401, challenge: nil)),
            ("", [], .unclear(Problem("the answer has no status"))),
            ("ok", [], .unclear(Problem("the answer has no status"))),
            (#"{"subject":"ada"}"#, [], .unclear(Problem("the answer has no status"))),
            (#"{"status":"200"}"#, [], .unclear(Problem("the answer has no status"))),
            (#"{"status":200}"#, [("Status", "yes")], .unclear(Problem("the answer has no status"))),
        ] as [(String, [(String, String)], Verdict)])
    func replies(_ body: String, _ headers: [(String, String)], _ expected: Verdict) {
        let reply = BusMessage(
            subject: "x", payload: Array(body.utf8), headers: headers.map { (name: $0.0, value: $0.1) })
        #expect(Verdict(reply) == expected)
    }

    @Test func aChallengeThatWouldEndTheLineIsLeftOut() {
        let reply = BusMessage(
            subject: "x", payload: [],
            headers: [(name: "Status", value: "401"), (name: "WWW-Authenticate", value: "a\r\nb")])
        #expect(Verdict(reply) == .refused(status: 401, challenge: nil))
    }

    @Test func isAddedToWhatIsKnown() {
        let earlier = Identity(
            subject: "ada", claims: ["sub": "ada", "a": "1", "b": "2"], expires: 100,
            permissions: Permissions(publish: ["p"], subscribe: ["s"]))
        #expect(
            Grant(claims: ["b": "3"], expires: 200, permissions: Permissions(publish: ["q"])).added(to: earlier)
                == Grant(
                    subject: "ada", claims: ["sub": "ada", "a": "1", "b": "3"], expires: 100,
                    permissions: Permissions(publish: ["q"], subscribe: ["s"])))
        #expect(Grant(expires: 50).added(to: earlier).expires == 50)
        #expect(Grant(subject: "bob").added(to: nil) == Grant(subject: "bob", claims: ["sub": "bob"]))
        #expect(Grant(subject: "bob").added(to: earlier).claims["sub"] == "bob")
    }
}
