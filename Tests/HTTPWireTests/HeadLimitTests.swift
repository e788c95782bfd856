import HTTPWire
import PluginKit
import TestSupport
import Testing

@Suite("Limits of a head")
struct HeadLimitTests {
    struct Bound: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var limits: HeadLimits
        var fits: String
        var tooLong: String
        var status: String
    }

    private static let rest = "Host: a\r\n\r\n"

    static let bounds = [
        Bound(
            testDescription: "request line", limits: HeadLimits(requestLine: 20),
            fits: "GET /234567 HTTP/1.1\r\n" + rest, tooLong: "GET /2345678 HTTP/1.1\r\n" + rest, status: "414"),
        Bound(
            testDescription: "request line behind an empty line", limits: HeadLimits(requestLine: 20),
            fits: "\r\nGET /234567 HTTP/1.1\r\n" + rest, tooLong: "\r\nGET /2345678 HTTP/1.1\r\n" + rest,
            status: "414"),
        Bound(
            testDescription: "target without end", limits: HeadLimits(requestLine: 20),
            fits: "GET /", tooLong: "GET /" + String(repeating: "a", count: 30), status: "414"),
        Bound(
            testDescription: "head", limits: HeadLimits(head: 37),
            fits: "GET / HTTP/1.1\r\nHost: a\r\nA: 23456\r\n\r\n",
            tooLong: "GET / HTTP/1.1\r\nHost: a\r\nA: 234567\r\n\r\n", status: "431"),
        Bound(
            testDescription: "head without end", limits: HeadLimits(head: 40),
            fits: "GET / HTTP/1.1\r\nHost: a\r\nA", tooLong: "GET / HTTP/1.1\r\nHost: a\r\nA23456789012345678",
            status: "431"),
        Bound(
            testDescription: "number of fields", limits: HeadLimits(fieldCount: 3),
            fits: "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nA: b\r\n\r\n",
            tooLong: "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nA: b\r\nA: b\r\n\r\n", status: "431"),
    ]

    @Test("hold to the byte", arguments: bounds)
    func exact(bound: Bound) {
        var generator = SeededGenerator(seed: 7)
        let fits = wire(bound.fits)
        for cuts in splits(of: fits.count, using: &generator) {
            #expect(Int(headSummary(fits, cuts: cuts, limits: bound.limits)) == nil)
        }
        let tooLong = wire(bound.tooLong)
        for cuts in splits(of: tooLong.count, using: &generator) {
            #expect(headSummary(tooLong, cuts: cuts, limits: bound.limits) == bound.status)
        }
    }

    @Test("what comes first decides: a bad byte before the bound, the bound before a bad byte")
    func order() {
        let limits = HeadLimits(requestLine: 20)
        let before = wire("GET /\u{0}" + String(repeating: "a", count: 30))
        let behind = wire("GET /" + String(repeating: "a", count: 30) + "\u{0}")
        var generator = SeededGenerator(seed: 8)
        for cuts in splits(of: before.count, using: &generator) {
            #expect(headSummary(before, cuts: cuts, limits: limits) == "400")
            #expect(headSummary(behind, cuts: cuts, limits: limits) == "414")
        }
    }

    @Test("a head that drips in byte by byte costs no more than its length", .timeLimit(.minutes(1)))
    func drip() {
        let size = 1 << 19
        let limits = HeadLimits(requestLine: size, head: 3 * size, fieldCount: 10)
        let long = String(repeating: "a", count: size - 100)
        let bytes = wire("GET /\(long) HTTP/1.1\r\nHost: a\r\nX: \(long)\r\n\r\n")
        let summary = headSummary(bytes, cuts: Array(0...bytes.count), limits: limits)
        #expect(summary == "GET /\(long) @a")
    }
}
