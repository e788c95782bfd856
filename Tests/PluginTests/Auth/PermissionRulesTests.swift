import AuthPlugin
import PluginKit
import Testing

@Suite("Permissions out of claims") struct PermissionRulesTests {
    private func permissions(_ publish: [SettingValue], _ claims: String) throws -> [String]? {
        let rules = try PermissionRules(.map(["publish": .list(publish)]))
        return try rules.permissions(try #require(Claims(Array(claims.utf8)))).publish
    }

    @Test(arguments: [
        ("a.b", "{}", ["a.b"]), ("a.>", "{}", ["a.>"]), ("user.{sub}.>", #"{"sub":"ada"}"#, ["user.ada.>"]),
        ("u-{sub}.*", #"{"sub":"ada"}"#, ["u-ada.*"]), ("{org.id}.{sub}", #"{"sub":"ada","org":{"id":7}}"#, ["7.ada"]),
        ("{a}{b}", #"{"a":"x","b":true}"#, ["xtrue"]), ("{sub}", #"{"sub":"Åsa"}"#, ["Åsa"]),
        // Who has not the claim may not reach the subject.
        ("user.{sub}.>", "{}", []), ("{org.id}.{sub}", #"{"sub":"ada"}"#, []), ("{x}", #"{"x":null}"#, []),
        ("{x}", #"{"x":["a"]}"#, []), ("{x}", #"{"x":{}}"#, []),
        ("$SYS.{sub}", #"{"sub":"ada"}"#, ["$SYS.ada"]), ("a.{sub}", #"{"sub":"$SYS"}"#, ["a.$SYS"]),
    ])
    func patterns(_ pattern: String, _ claims: String, _ expected: [String]) throws {
        #expect(try permissions([.string(pattern)], claims) == expected)
    }

    @Test(arguments: [
        ">", "*", "a.b", "a b", "", ".", "a.>", "a\n", "a\u{0}", "\u{A0}", "x\u{FFFD}", "\u{FFFD}", "a\u{85}",
        String(repeating: "a", count: 1030),
    ])
    func claimsThatAreNoToken(_ value: String) throws {
        var json: Payload = Array(#"{"sub":"#.utf8)
        JSONText.append(value, to: &json)
        json += "}".utf8
        for pattern in ["user.{sub}.>", "{sub}", "u{sub}"] {
            #expect(throws: SubjectPattern.Unfit(claim: "sub")) { try permissions([.string(pattern)], json.text) }
        }
    }

    @Test(arguments: [("{sub}.>", "$SYS"), ("{sub}.>", "_INBOX"), ("_{sub}.>", "INBOX"), ("{sub}", "$JS")])
    func claimsThatReachReservedSubjects(_ pattern: String, _ value: String) {
        #expect(throws: SubjectPattern.Unfit(claim: "sub")) {
            try permissions([.string(pattern)], #"{"sub":"\#(value)"}"#)
        }
    }

    @Test(arguments: [
        (#"{"rights":["a.>","b.*.c"]}"#, ["a.>", "b.*.c"]), (#"{"rights":"a.> b"}"#, ["a.>", "b"]),
        (#"{"rights":[]}"#, []),
        (#"{"rights":""}"#, []), ("{}", []), (#"{"rights":7}"#, []), (#"{"rights":["a",7]}"#, []),
        (#"{"rights":null}"#, []),
    ])
    func patternsInAClaim(_ claims: String, _ expected: [String]) throws {
        #expect(try permissions([.map(["claim": .string("rights")])], claims) == expected)
        #expect(try permissions([.string("x"), .map(["claim": .string("rights")])], claims) == ["x"] + expected)
    }

    @Test func patternsInAnInnerClaim() throws {
        #expect(try permissions([.map(["claim": .string("nats.pub")])], #"{"nats":{"pub":["a"]}}"#) == ["a"])
        #expect(
            try permissions([.map(["claim": .string("nats.pub")])], #"{"nats.pub":["b"],"nats":{"pub":["a"]}}"#) == [
                "b"
            ])
    }

    @Test(arguments: [#"["a..b"]"#, #"["a","> "]"#, #"["{sub}\n"]"#, #"">.a""#])
    func badPatternsInAClaim(_ list: String) {
        #expect(throws: SubjectPattern.Unfit(claim: "rights")) {
            try permissions([.map(["claim": .string("rights")])], "{\"rights\":\(list)}")
        }
    }

    @Test func whatIsNotMentionedIsAllowed() throws {
        let claims = try #require(Claims(Array("{}".utf8)))
        #expect(try PermissionRules(nil).permissions(claims) == .all)
        let rules = try PermissionRules(.map(["subscribe": .list([])]))
        #expect(try rules.permissions(claims) == Permissions(publish: nil, subscribe: []))
    }

    @Test(
        arguments: [
            (.map(["read": .list([])]), ["allow", "read"]), (.map(["publish": .string("a")]), ["allow", "publish"]),
            (.map(["publish": .list([.string("a"), .string("a..b")])]), ["allow", "publish", "1"]),
            (.map(["publish": .list([.string("{sub")])]), ["allow", "publish", "0"]),
            (.map(["publish": .list([.string("{}")])]), ["allow", "publish", "0"]),
            (.map(["publish": .list([.string("a{>}b>")])]), ["allow", "publish", "0"]),
            (.map(["publish": .list([.integer(7)])]), ["allow", "publish", "0"]),
            (.map(["subscribe": .list([.map(["claims": .string("x")])])]), ["allow", "subscribe", "0"]),
            (.map(["subscribe": .list([.map(["claim": .integer(1)])])]), ["allow", "subscribe", "0"]),
        ] as [(SettingValue, [String])])
    func complains(_ setting: SettingValue, _ place: [String]) {
        #expect {
            try PermissionRules(setting)
        } throws: { error in
            (error as? SettingError)?.path == place
        }
    }
}
