import NATSClient
import TestSupport
import Testing

@Suite struct NATSAckSubjectTests {
    private static let short = "$JS.ACK.S.C.1.20.3.1700000000123456789.4"
    private static let long = "$JS.ACK._.hash.S.C.1.20.3.1700000000123456789.4"

    @Test(arguments: [short, long, long + ".random", long + ".random.more"])
    func reads(_ reply: String) throws {
        let ack = try #require(NATSAckSubject(reply))
        #expect(ack.deliveries == 1 && ack.streamSequence == 20 && ack.consumerSequence == 3 && ack.pending == 4)
        #expect(ack.timestamp.nanoseconds == 1_700_000_000_123_456_789)
    }

    @Test(arguments: [
        "", "$JS.ACK", "$JS.ACK.", "_INBOX.a.1", "$JS.ACK.S.C.1.20.3.17", short + ".5", "$JS.FC.S.C.1.20.3.17.4",
        "$JS.ACK.S.C.1.20.3.17.", "$JS.ACK.S.C.1..3.17.4", "$JS.ACK.S.C.1.-2.3.17.4", "$JS.ACK.S.C.1.x.3.17.4",
        "$JS.ACK.S.C.1.99999999999999999999.3.17.4", "$JS.ACK..C.1.2.3.17.4", "$JS.ACK.D.A.S.C.1.2.3.x.4.r",
    ])
    func refuses(_ reply: String) { #expect(NATSAckSubject(reply) == nil) }

    @Test func mutationsAreHarmless() {
        var generator = SeededGenerator(seed: 11)
        let nasty = Array(".$-9 0x\u{0}".utf8)
        for _ in 0..<40_000 {
            let text = String(
                decoding: mutated(
                    Array((generator.below(2) == 0 ? Self.short : Self.long).utf8), with: nasty, using: &generator),
                as: UTF8.self)
            guard let ack = NATSAckSubject(text) else { continue }
            // What it reads stands in the text.
            let tokens = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            let numbers = tokens[(tokens.count == 9 ? 4 : 6)...].prefix(5).map { UInt64($0) }
            #expect(
                numbers == [
                    ack.deliveries, ack.streamSequence, ack.consumerSequence, UInt64(ack.timestamp.nanoseconds),
                    ack.pending,
                ])
        }
    }
}

@Suite struct NATSTimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.000000001Z", 1), ("1969-12-31T23:59:59.5Z", -500_000_000),
        ("2000-02-29T12:00:00+01:30", 951_820_200_000_000_000),
        ("2026-11-23T00:01:21.123456789-00:00", 1_795_392_081_123_456_789),
        ("2024-12-31t23:59:59.1234567891z", 1_735_689_599_123_456_789),
    ])
    func reads(_ text: String, _ nanoseconds: Int64) {
        #expect(NATSTimestamp(rfc3339: text)?.nanoseconds == nanoseconds)
    }

    @Test(arguments: [
        "", "1970-01-01", "1970-01-01 00:00:00Z", "1970-13-01T00:00:00Z", "1970-01-01T24:00:00Z", "1970-01-01T00:00:00",
        "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00ZZ", "0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z",
    ])
    func refuses(_ text: String) { #expect(NATSTimestamp(rfc3339: text) == nil) }

    @Test func isReadBack() {
        var generator = SeededGenerator(seed: 12)
        for _ in 0..<5000 {
            // Years with four digits, both sides of 1970.
            let time = NATSTimestamp(
                nanoseconds: Int64.random(in: -9_000_000_000_000_000_000...9_000_000_000_000_000_000, using: &generator)
            )
            #expect(NATSTimestamp(rfc3339: time.description) == time)
        }
    }
}

@Suite struct NATSBase64Tests {
    @Test(arguments: [
        ("", "" as String?), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"),
        ("+/+/", nil as String?),
    ])
    func reads(_ text: String, _ expected: String?) {
        let bytes = NATSBase64.decode(text)
        #expect(expected.map { Array($0.utf8) } ?? [0xfb, 0xff, 0xbf] == bytes)
    }

    @Test(arguments: ["Z", "Zg", "Zg=", "====", "Z===", "Zg=a", "Z=g=", "Zm9v\n", "Zm-_", "ä==="])
    func refuses(_ text: String) { #expect(NATSBase64.decode(text) == nil) }
}
