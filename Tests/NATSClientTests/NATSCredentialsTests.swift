import NATSClient
import TestSupport
import Testing

@Suite struct NATSCredentialsTests {
    private static let seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
    private static let jwt = "-----BEGIN NATS USER JWT-----\neyJ0.eyJq_-.c2ln\n------END NATS USER JWT------\n"
    private static let key = "-----BEGIN USER NKEY SEED-----\n\(seed)\n------END USER NKEY SEED------\n"

    private static let readable: [String] = {
        let lines = (jwt + key).split(separator: "\n")
        return [
            jwt + key, key + jwt, "\(jwt)\n**** IMPORTANT ****\nwords: a.b.c\n\n\(key)\n****\n",
            lines.joined(separator: "\r\n"), "  " + lines.joined(separator: "  \n\n\t"),
        ]
    }()

    @Test(arguments: readable)
    func reads(_ text: String) throws {
        let credentials = try NATSCredentials(text)
        #expect(credentials.jwt == "eyJ0.eyJq_-.c2ln" && credentials.key.seed == Self.seed)
    }

    private static let refused: [(String, String)] = [
        ("", "NATS USER JWT"), (jwt, "USER NKEY SEED"), (key, "NATS USER JWT"),
        (jwt.replacing("eyJ0.", with: "") + key, "NATS USER JWT"),
        (jwt.replacing("eyJ0", with: "ey J0") + key, "NATS USER JWT"),
        (jwt.replacing("BEGIN", with: "BEGINN") + key, "NATS USER JWT"),
        (jwt.replacing(".c2ln", with: ".c2ln\nx.y.z") + key, "more than one line"),
        (jwt + key.replacing("SUAC", with: "SUAD"), "SU"), (jwt + key.replacing(seed, with: otherSeed), "SU"),
    ]

    @Test(arguments: refused)
    func refuses(_ text: String, _ says: String) {
        let error = #expect(throws: NATSCredentialError.self) { try NATSCredentials(text) }
        #expect(error?.description.contains(says) == true)
        #expect(error?.description.contains("ACSSL3") == false && error?.description.contains("eyJ") == false)
    }

    /// Of an account.
    private static let otherSeed = NATSKey(owner: .account, secret: Array(0..<32))?.seed ?? ""

    /// Whatever happens to the file, nobody crashes, and errors hold nothing of it.
    @Test func damagedFiles() {
        var random = SeededGenerator(seed: 9)
        let whole = Array((Self.jwt + Self.key).utf8)
        for _ in 0..<3000 {
            let bytes = mutated(whole, with: Array("\n\r-. =A".utf8), using: &random)
            do throws(NATSCredentialError) {
                _ = try NATSCredentials(String(decoding: bytes, as: UTF8.self))
            } catch {
                #expect(!error.description.contains("CSSL3UAHUD"))
            }
        }
    }

    @Test func secretsAreNotDescribed() {
        var configuration = NATSConfiguration()
        (configuration.user, configuration.password, configuration.token) = ("hans", "pass-1", "token-2")
        configuration.nkeySeed = Self.seed
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(text.contains("127.0.0.1:4222"))
            for secret in ["pass-1", "token-2", Self.seed, "hans"] { #expect(!text.contains(secret)) }
        }
    }
}
