import HTTPWire
import PluginKit
import TestSupport
import Testing

@Suite("Request bodies")
struct BodyReaderTests {
    @Test("chunked, as a table, whole, byte by byte and split at random", arguments: ChunkTable.rows)
    func chunked(row: Row) {
        var generator = SeededGenerator(seed: UInt64(row.bytes.count))
        for cuts in splits(of: row.bytes.count, using: &generator) {
            #expect(bodySummary(row.bytes, .chunked, cuts: cuts) == row.expected, "cut at \(cuts.prefix(8))")
        }
    }

    @Test(
        "of a known length end where the length says",
        arguments: [
            (BodyFraming.none, "abc", "'' rest 3"), (.length(0), "abc", "'' rest 3"),
            (.length(2), "abc", "'ab' rest 1"),
            (.length(3), "abc", "'abc'"), (.length(4), "abc", "more"), (.length(1), "", "more"), (.none, "", "''"),
        ])
    func length(framing: BodyFraming, text: String, expected: String) {
        var generator = SeededGenerator(seed: 1)
        for cuts in splits(of: text.utf8.count, using: &generator) {
            // The rest is what the whole holds, so a body that ends early leaves the same.
            #expect(bodySummary(wire(text), framing, cuts: cuts) == expected)
        }
    }

    @Test(
        "past the limit are refused with 413, as early as it is known",
        arguments: [
            (BodyFraming.length(5), 5, "hello", "'hello'"), (.length(6), 5, "", "413"), (.length(0), 0, "", "''"),
            (.chunked, 5, "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "'hello'"), (.chunked, 4, "2\r\nhe\r\n3\r\n", "413"),
            (.chunked, 0, "0\r\n\r\n", "''"), (.chunked, 0, "1\r\n", "413"),
            (.chunked, 1000, "7FFFFFFFFFFFFFFF\r\n", "413"),
            (.chunked, Int.max, "1\r\na\r\n7FFFFFFFFFFFFFFF\r\n", "413"),
        ])
    func limit(framing: BodyFraming, limit: Int, text: String, expected: String) {
        let bytes = wire(text)
        #expect(bodySummary(bytes, framing, cuts: [bytes.count], limit: limit) == expected)
        #expect(bodySummary(bytes, framing, cuts: Array(0...bytes.count), limit: limit) == expected)
    }

    @Test("without a limit still cannot overflow")
    func overflow() {
        let bytes = wire("1\r\na\r\n7FFFFFFFFFFFFFFF\r\n")
        #expect(bodySummary(bytes, .chunked, cuts: [bytes.count]) == "413")
    }

    @Test("trailers are bounded in bytes and in number")
    func trailerLimits() {
        let bytes = wire("0\r\nA: 1\r\nB: 2\r\n\r\n")
        let section = bytes.count - 3
        var generator = SeededGenerator(seed: 2)
        for cuts in splits(of: bytes.count, using: &generator) {
            func read(_ limits: HeadLimits) -> String {
                bodySummary(bytes, .chunked, cuts: cuts, trailerLimits: limits)
            }
            #expect(read(HeadLimits(head: section)) == "'' A=1 B=2")
            #expect(read(HeadLimits(head: section - 1)) == "431")
            #expect(read(HeadLimits(fieldCount: 2)) == "'' A=1 B=2")
            #expect(read(HeadLimits(fieldCount: 1)) == "431")
        }
    }

    @Test("a refused body stays refused, an ended one ended")
    func after() {
        var refused = BodyReader(.chunked, limit: nil)
        guard case .refused(let refusal) = refused.read(wire("x").span) else {
            Issue.record("not refused")
            return
        }
        #expect(refused.read(wire("0\r\n\r\n").span) == .refused(refusal))
        var ended = BodyReader(.chunked, limit: nil)
        #expect(ended.read(wire("0\r\n\r\n5\r\n").span) == .end(consumed: 5))
        #expect(ended.read(wire("5\r\nhello\r\n").span) == .end(consumed: 0))
    }

    @Test("data is handed out as it stands, without the framing")
    func pieces() {
        var reader = BodyReader(.chunked, limit: nil)
        let bytes = wire("5;a\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n")
        #expect(reader.read(bytes.span) == .data(5..<10, consumed: 10))
        #expect(reader.read(bytes.span.extracting(10..<17)) == .data(5..<7, consumed: 7))
        #expect(reader.read(bytes.span.extracting(17..<17)) == .needMore(consumed: 0))
        #expect(reader.read(bytes.span.extracting(17..<bytes.count)) == .data(0..<1, consumed: 1))
        #expect(reader.read(bytes.span.extracting(18..<bytes.count)) == .end(consumed: 7))
    }
}
