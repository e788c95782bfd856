import AuthPlugin
import Crypto
import Foundation
import PluginKit
import Testing

@Suite("auth.jwt") struct TokenGuardTests {
    private static let secret = "a secret of more than 32 bytes, for tests"
    private static let later = Int64(Date().timeIntervalSince1970) + 600

    private static func invalid(_ reason: String) -> String {
        #"Bearer realm="gateway", error="invalid_token", error_description="\#(reason)""#
    }

    private func make(_ settings: [String: SettingValue]) throws -> any Middleware {
        try Handlers.middleware("auth.jwt", of: AuthPlugin.self, settings)
    }

    /// With the secret of `TestSigner.hs256`, unless told otherwise.
    private func started(_ settings: [String: SettingValue] = [:]) async throws -> any Middleware {
        let keys: [String: SettingValue] = settings["keys"] == nil ? ["secret": .string(Self.secret)] : [:]
        let middleware = try make(settings.merging(keys) { first, _ in first })
        try await middleware.start()
        return middleware
    }

    private func request(_ token: String?, target: String = "/") -> Request {
        let headers: HeaderFields = token.map { ["Authorization": "Bearer \($0)"] } ?? HeaderFields()
        return Request(
            head: RequestHead(method: .get, target: target, host: "x", headers: headers), id: RequestID(rawValue: 1))
    }

    @Test func letsInWithAnIdentity() async throws {
        let middleware = try await started(["allow": .map(["publish": .list([.string("user.{sub}.>")])])])
        let token = try TestSigner.hs256.token(#"{"sub":"ada","exp":\#(Self.later)}"#)
        let (answer, passed) = try await middleware.decide(request(token))
        #expect(answer == nil)
        let identity = try #require(passed.identity)
        #expect(identity.subject == "ada")
        #expect(identity.claims["sub"] == "ada")
        #expect(identity.expires == Self.later + 5)
        #expect(identity.permissions == Permissions(publish: ["user.ada.>"]))
    }

    @Test(
        arguments: [
            (nil, 401, #"Bearer realm="gateway""#),
            ("", 401, invalid("the token is malformed")),
            (
                "a.b.c", 401,
                invalid("the token is malformed")
            ),
            (
                try TestSigner.hs256.token("{}", header: #"{"alg":"none"}"#), 401,
                invalid("the token's algorithm is not accepted")
            ),
            (
                try TestSigner.rs256.token("{}"), 401,
                invalid("the token's algorithm is not accepted")
            ),
            (
                try TestSigner(key: .secret(Array(repeating: 1, count: 32))).token("{}"), 401,
                invalid("the token's signature is not one of ours")
            ),
            (
                try TestSigner.hs256.token(#"{"exp":1}"#), 401,
                invalid("the token has expired")
            ),
            (
                try TestSigner.hs256.token(#"{"sub":"a.b"}"#), 403,
                #"Bearer realm="gateway", error="insufficient_scope""#
            ),
        ] as [(String?, Int, String)])
    func refusals(_ token: String?, _ status: Int, _ challenge: String) async throws {
        let middleware = try await started(["allow": .map(["publish": .list([.string("user.{sub}.>")])])])
        let (decided, passed) = try await middleware.decide(request(token))
        let answer = try #require(decided)
        #expect(answer.status == status)
        #expect(answer.headers.values("WWW-Authenticate") == [challenge])
        #expect(passed.identity == nil)
        let text = try answer.text
        #expect(text.hasPrefix(#"{"error":{"code":\#(status),"#) && text.contains("requestId"))
        if let token, token.count > 5 { #expect(!text.contains(token)) }
    }

    @Test func optional() async throws {
        let middleware = try await started(["optional": .boolean(true)])
        let (answer, passed) = try await middleware.decide(request(nil))
        #expect(answer == nil && passed.identity == nil)
        #expect(try await middleware.decide(request("nonsense")).answer?.status == 401)
        #expect(try await middleware.decide(request(TestSigner.hs256.token("{}"))).request.identity != nil)
    }

    @Test func twoFieldsAreRefused() async throws {
        let middleware = try await started()
        var request = request(try TestSigner.hs256.token("{}"))
        request.head.fields.append("Authorization", "Bearer other")
        let answer = try #require(try await middleware.decide(request).answer)
        #expect(answer.status == 400)
        #expect(answer.headers["WWW-Authenticate"] == #"Bearer realm="gateway", error="invalid_request""#)
    }

    @Test func carriersInTheirOrder() async throws {
        let middleware = try await started(["from": .list([.map(["query": .string("t")]), .string("header")])])
        let (ada, bob) = (try TestSigner.hs256.token(#"{"sub":"ada"}"#), try TestSigner.hs256.token(#"{"sub":"bob"}"#))
        let both = try await middleware.decide(request(ada, target: "/?t=\(bob)"))
        #expect(both.request.identity?.subject == "bob")
        #expect(try await middleware.decide(request(ada)).request.identity?.subject == "ada")
        // The first place decides, also for the worse.
        #expect(try await middleware.decide(request(ada, target: "/?t=x")).answer?.status == 401)
    }

    @Test func renewal() async throws {
        let middleware = try await started(["allow": .map(["publish": .list([.map(["claim": .string("p")])])])])
        let first = try TestSigner.hs256.token(#"{"sub":"ada","exp":\#(Self.later)}"#)
        let passed = try await middleware.decide(request(first)).request
        let renew = try #require(passed.identity?.renew)
        func outcome(_ renew: @escaping Identity.Renewal, _ token: String) async -> Result<Identity, RenewalRefused> {
            await withCheckedContinuation { continuation in renew(token) { continuation.resume(returning: $0) } }
        }
        let newer = try await outcome(
            renew, TestSigner.hs256.token(#"{"sub":"ada","exp":\#(Self.later + 600),"p":["a"]}"#)
        ).get()
        #expect(newer.expires == Self.later + 605)
        #expect(newer.permissions.publish == ["a"])
        let again = try #require(newer.renew)
        await #expect(throws: RenewalRefused(reason: "the token is of another subject")) {
            try await outcome(again, TestSigner.hs256.token(#"{"sub":"bob"}"#)).get()
        }
        await #expect(throws: RenewalRefused(reason: "the token has expired")) {
            try await outcome(again, TestSigner.hs256.token(#"{"sub":"ada","exp":1}"#)).get()
        }
        await #expect(throws: RenewalRefused(reason: "the token is malformed")) { try await outcome(renew, "x").get() }
    }

    @Test func nobodyRenewsWhoHasNoName() async throws {
        let middleware = try await started()
        let identity = try await middleware.decide(request(try TestSigner.hs256.token("{}"))).request.identity
        #expect(identity != nil && identity?.renew == nil)
    }

    @Test func keysInAFile() async throws {
        let folder = try TemporaryFolder()
        try folder.write("keys.json", try TestSigner.set(TestSigner.all))
        let middleware = try Handlers.middleware(
            "auth.jwt", of: AuthPlugin.self, ["keys": .string("keys.json")], directory: folder.path)
        try await middleware.start()
        for signer in TestSigner.all {
            #expect(
                try await middleware.decide(request(try signer.token(#"{"sub":"a"}"#))).request.identity?.subject == "a"
            )
        }
        // A new key is found when the first token names it.
        let fresh = TestSigner(key: .ed25519(.init()), id: "fresh")
        try folder.write("keys.json", try TestSigner.set([fresh]))
        #expect(try await middleware.decide(request(try fresh.token(#"{"sub":"b"}"#))).request.identity?.subject == "b")
        #expect(try await middleware.decide(request(try TestSigner.es256.token("{}"))).answer?.status == 401)
        await middleware.stop()
    }

    @Test(
        arguments: [
            ([:], []), (["secret": .string("short")], ["secret"]),
            (["secret": .string("-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE")], ["secret"]),
            (["secret": .string(secret), "keys": .string("x")], ["keys"]),
            (["keys": .string("/nowhere.json")], ["keys"]),
            (["keys-url": .string("ftp://x")], ["keys-url"]),
            (["keys-url": .string("http://example.com/")], ["keys-url"]),
            (["keys-url": .string("https://user@example.com/")], ["keys-url"]),
            (["keys-url": .string("https://example.com/"), "ca": .string("/nowhere.pem")], ["keys-url"]),
            (["secret": .string(secret), "from": .list([.string("x")])], ["from", "0"]),
            (["secret": .string(secret), "allow": .map(["x": .list([])])], ["allow", "x"]),
            (["secret": .string(secret), "refresh": .duration(.milliseconds(1))], ["refresh"]),
        ] as [([String: SettingValue], [String])])
    func complains(_ settings: [String: SettingValue], _ place: [String]) {
        #expect {
            try make(settings)
        } throws: { error in
            (error as? SettingError)?.path == place
        }
    }
}
