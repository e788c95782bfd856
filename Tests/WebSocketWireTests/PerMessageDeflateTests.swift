import TestSupport
import Testing
import WebSocketWire

@Suite struct PerMessageDeflateTests {
    private static let none = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    private static let keep = CompressionSettings(allowsTakeover: true)

    @Test(
        arguments: [
            (["permessage-deflate"], none),
            (["permessage-deflate; client_max_window_bits"], none),
            (["permessage-deflate; client_max_window_bits=9"], none),
            (["permessage-deflate; server_no_context_takeover; client_no_context_takeover"], none),
            (["permessage-deflate; server_max_window_bits=15"], none + "; server_max_window_bits=15"),
            (["permessage-deflate; server_max_window_bits=14"], none + "; server_max_window_bits=12"),
            (["permessage-deflate; server_max_window_bits=12"], none + "; server_max_window_bits=12"),
            (["permessage-deflate; server_max_window_bits=\"10\""], none + "; server_max_window_bits=9"),
            (["permessage-deflate; server_max_window_bits=9"], none + "; server_max_window_bits=9"),
            (["x-webkit-deflate-frame, permessage-deflate"], none),
            (["x-webkit-deflate-frame", "foo; bar", "permessage-deflate"], none),
            (
                ["permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate"],
                none + "; server_max_window_bits=9"
            ),
            // What cannot be met is passed over for what can (RFC 7692 §7).
            (["permessage-deflate; server_max_window_bits=8, permessage-deflate"], none),
            (
                ["permessage-deflate; nonsense", "permessage-deflate; server_max_window_bits=7,permessage-deflate"],
                none
            ),
        ] as [([String], String)])
    func isAgreedOn(_ fields: [String], _ response: String) throws {
        let terms = try #require(try PerMessageDeflate.negotiate(fields, CompressionSettings()))
        #expect(terms.response == response)
        #expect(!terms.keepsServerWindow && !terms.keepsClientWindow)
    }

    @Test(arguments: [
        "foo", "permessage-Deflate", "permessage-deflate; unknown", "permessage-deflate; unknown=1",
        "permessage-deflate; server_no_context_takeover=1", "permessage-deflate; client_no_context_takeover=true",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
        "permessage-deflate; server_max_window_bits", "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; server_max_window_bits=7", "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=010", "permessage-deflate; server_max_window_bits=+10",
        "permessage-deflate; server_max_window_bits=ten", "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=16", "permessage-deflate; client_max_window_bits=08",
        "permessage-deflate; Server_no_context_takeover",
    ])
    func isDeclined(_ field: String) throws {
        #expect(try PerMessageDeflate.negotiate([field], CompressionSettings()) == nil)
        #expect(try PerMessageDeflate.negotiate([field], Self.keep) == nil)
    }

    struct Takeover: Sendable, CustomTestStringConvertible {
        let offer: String
        let answer: String
        var server: Int?
        var client: Int?
        var testDescription: String { offer }
    }

    @Test(arguments: [
        Takeover(offer: "", answer: "; client_no_context_takeover", server: 12),
        Takeover(offer: "; client_max_window_bits", answer: "; client_max_window_bits=12", server: 12, client: 12),
        Takeover(offer: "; client_max_window_bits=8", answer: "; client_max_window_bits=8", server: 12, client: 8),
        Takeover(offer: "; client_max_window_bits=15", answer: "; client_max_window_bits=12", server: 12, client: 12),
        Takeover(
            offer: "; server_max_window_bits=9; client_max_window_bits",
            answer: "; server_max_window_bits=9; client_max_window_bits=12", server: 9, client: 12),
        Takeover(
            offer: "; server_max_window_bits=15", answer: "; client_no_context_takeover; server_max_window_bits=12",
            server: 12),
        Takeover(
            offer: "; server_no_context_takeover; client_max_window_bits",
            answer: "; server_no_context_takeover; client_max_window_bits=12", client: 12),
        Takeover(
            offer: "; client_no_context_takeover; client_max_window_bits", answer: "; client_no_context_takeover",
            server: 12),
    ])
    func takeover(_ row: Takeover) throws {
        let terms = try #require(try PerMessageDeflate.negotiate(["permessage-deflate" + row.offer], Self.keep))
        #expect(terms.response == "permessage-deflate" + row.answer)
        #expect((terms.keepsServerWindow ? terms.encoding.windowBits : nil) == row.server)
        #expect((terms.keepsClientWindow ? terms.clientWindowBits : nil) == row.client)
    }

    @Test func settings() throws {
        let offer = ["permessage-deflate; server_max_window_bits=15"]
        #expect(try PerMessageDeflate.negotiate(offer, CompressionSettings(isEnabled: false)) == nil)
        let small = CompressionSettings(maxWindowBits: 10, level: 1, threshold: 500)
        let terms = try #require(try PerMessageDeflate.negotiate(offer, small))
        #expect(terms.encoding == DeflateEncoding(windowBits: 10, level: 1, threshold: 500))
        #expect(terms.response.hasSuffix("; server_max_window_bits=10"))
    }

    @Test func malformedFieldsAreAnError() {
        #expect(throws: MalformedExtensions(value: "permessage-deflate;")) {
            try PerMessageDeflate.negotiate(["permessage-deflate;"], CompressionSettings())
        }
    }

    /// Three windows at most, whatever clients ask for: so many times is a message of the fan-out compressed.
    @Test func fanOutsShareEncodings() throws {
        let encodings = try (9...15).map { bits in
            try PerMessageDeflate.negotiate(
                ["permessage-deflate; server_max_window_bits=\(bits)"], CompressionSettings())
        }
        #expect(Set(encodings.compactMap { $0?.encoding }).count == 3)
        for (terms, bits) in zip(encodings, 9...) { #expect((terms?.encoding.windowBits ?? 99) <= bits) }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func anyFieldIsAnsweredOrRefused(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let parts = [
            "permessage-deflate", "server_max_window_bits", "client_max_window_bits", "client_no_context_takeover",
            ";", ";", ",", "=", "\"", "\\", " ", "8", "9", "15", "16", "é", "\u{0}",
        ]
        for _ in 0..<500 {
            let field = (0..<random.below(12)).map { _ in random.pick(parts) }.joined()
            let keep = CompressionSettings(allowsTakeover: random.below(2) == 0)
            guard let terms = try? PerMessageDeflate.negotiate([field], keep) else { continue }
            #expect(field.contains("permessage-deflate"))
            #expect(field.contains("client_max_window_bits") || !terms.response.contains("client_max_window_bits"))
            // The answer can be read as an offer of just these terms.
            let again = try? PerMessageDeflate.negotiate([terms.response], keep)
            #expect(again?.encoding == terms.encoding)
        }
    }
}
