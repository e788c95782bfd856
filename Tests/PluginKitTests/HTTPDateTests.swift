import PluginKit
import TestSupport
import Testing

@Suite("HTTP dates")
struct HTTPDateTests {
    private static let now = HTTPDate(epochSeconds: 1_700_000_000)

    @Test(
        "are written as IMF-fixdate",
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"), (.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (-62_135_596_800, "Mon, 01 Jan 0001 00:00:00 GMT"), (.min, "Mon, 01 Jan 0001 00:00:00 GMT"),
        ])
    func write(seconds: Int64, text: String) {
        let date = HTTPDate(epochSeconds: seconds)
        #expect("\(date)" == text)
        #expect(date.bytes == Array(text.utf8))
    }

    @Test(
        "are read in all three forms",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Wed Nov 16 08:49:37 1994", 784_975_777),
            ("Wednesday, 01-Jan-70 00:00:00 GMT", 3_155_760_000), ("Tuesday, 01-Jan-74 00:00:00 GMT", 126_230_400),
            ("Monday, 01-Jan-73 00:00:00 GMT", 3_250_454_400), ("Thu, 31 Dec 1998 23:59:60 GMT", 915_148_799),
        ])
    func read(text: String, seconds: Int64) {
        #expect(HTTPDate(parsing: text.utf8, now: Self.now)?.epochSeconds == seconds)
    }

    @Test(
        "are not guessed at",
        arguments: [
            "", "Sun", "0", "sun, 06 nov 1994 08:49:37 gmt", "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 29 Feb 1900 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 0000 08:49:37 GMT", "Xyz, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Xyz 1994 08:49:37 GMT", "Sun, +6 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z",
            "Sun Nov 6 08:49:37 1994", "Sun, 06-Nov-94 08:49:37 GMT",
        ])
    func refuse(text: String) {
        #expect(HTTPDate(parsing: text.utf8, now: Self.now) == nil)
    }

    @Test("what is written is read again, through all the centuries")
    func roundTrip() {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<5000 {
            let date = HTTPDate(epochSeconds: Int64.random(in: -62_135_596_800...253_402_300_799, using: &generator))
            #expect(HTTPDate(parsing: date.bytes, now: Self.now) == date)
        }
    }

    @Test("random changes to a date never crash the reader")
    func fuzz() {
        var generator = SeededGenerator(seed: 5)
        let seeds = ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        for round in 0..<6000 {
            let bytes = mutated(Array(seeds[round % 3].utf8), with: Array("09 :,-+GMTNov\u{0}".utf8), using: &generator)
            if let date = HTTPDate(parsing: bytes, now: Self.now) {
                #expect(HTTPDate(parsing: date.bytes, now: Self.now) == date)
            }
        }
    }
}
