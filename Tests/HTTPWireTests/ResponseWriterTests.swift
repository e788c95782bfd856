import HTTPWire
import PluginKit
import TestSupport
import Testing

private let date = wire("Sun, 06 Nov 1994 08:49:37 GMT")
private let dateLine = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

private func head(
    _ status: Int = 200, _ fields: HeaderFields = [:], _ framing: ResponseFraming = .length(0),
    _ connection: ResponseConnection = .keepAlive, minorVersion: UInt8 = 1
) throws(UnsendableResponse) -> String {
    var out: [UInt8] = []
    try ResponseWriter.head(
        status: status, fields: fields, framing: framing, connection: connection, minorVersion: minorVersion,
        date: date, to: &out)
    return out.text
}

@Suite("Response heads")
struct ResponseHeadTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var status = 200
        var fields: HeaderFields = [:]
        var framing = ResponseFraming.none
        var connection = ResponseConnection.keepAlive
        var minorVersion: UInt8 = 1
        var expected: String
    }

    static let cases = [
        Case(
            testDescription: "plain", fields: ["Content-Type": "text/plain"], framing: .length(12),
            expected: "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\(dateLine)Content-Length: 12\r\n\r\n"),
        Case(
            testDescription: "chunked", framing: .chunked,
            expected: "HTTP/1.1 200 OK\r\n\(dateLine)Transfer-Encoding: chunked\r\n\r\n"),
        Case(
            testDescription: "until close closes, whatever was asked", framing: .untilClose, minorVersion: 0,
            expected: "HTTP/1.1 200 OK\r\n\(dateLine)Connection: close\r\n\r\n"),
        Case(
            testDescription: "close", framing: .length(0), connection: .close,
            expected: "HTTP/1.1 200 OK\r\n\(dateLine)Content-Length: 0\r\nConnection: close\r\n\r\n"),
        Case(
            testDescription: "keep-alive for 1.0", framing: .length(9_223_372_036_854_775_807),
            connection: .keepAliveHTTP10, minorVersion: 0,
            expected: "HTTP/1.1 200 OK\r\n\(dateLine)Content-Length: 9223372036854775807\r\n"
                + "Connection: keep-alive\r\n\r\n"),
        Case(
            testDescription: "no body with 204", status: 204, framing: .length(0),
            expected: "HTTP/1.1 204 No Content\r\n\(dateLine)\r\n"),
        Case(
            testDescription: "no chunks with 204", status: 204, framing: .chunked,
            expected: "HTTP/1.1 204 No Content\r\n\(dateLine)\r\n"),
        Case(
            testDescription: "a length with 304", status: 304, framing: .length(7),
            expected: "HTTP/1.1 304 Not Modified\r\n\(dateLine)Content-Length: 7\r\n\r\n"),
        Case(
            testDescription: "no chunks with 304", status: 304, framing: .chunked,
            expected: "HTTP/1.1 304 Not Modified\r\n\(dateLine)\r\n"),
        Case(testDescription: "100", status: 100, expected: "HTTP/1.1 100 Continue\r\n\r\n"),
        Case(
            testDescription: "101", status: 101, fields: ["Upgrade": "websocket"], framing: .length(3),
            connection: .upgrade,
            expected: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
        Case(
            testDescription: "426 names its Upgrade in Connection", status: 426, fields: ["upgrade": "websocket"],
            framing: .length(0),
            expected: "HTTP/1.1 426 Upgrade Required\r\nupgrade: websocket\r\n\(dateLine)Content-Length: 0\r\n"
                + "Connection: Upgrade\r\n\r\n"),
        Case(
            testDescription: "426 and close", status: 426, fields: ["upgrade": "websocket"], framing: .length(0),
            connection: .close,
            expected: "HTTP/1.1 426 Upgrade Required\r\nupgrade: websocket\r\n\(dateLine)Content-Length: 0\r\n"
                + "Connection: Upgrade, close\r\n\r\n"),
        Case(
            testDescription: "the handler's own framing is left out",
            fields: [
                "content-LENGTH": "99", "Transfer-Encoding": "gzip", "Connection": "close", "Keep-Alive": "timeout=5",
                "Proxy-Connection": "close", "X": "y",
            ], framing: .length(1),
            expected: "HTTP/1.1 200 OK\r\nX: y\r\n\(dateLine)Content-Length: 1\r\n\r\n"),
        Case(
            testDescription: "the handler's own date stays", fields: ["date": "Mon, 07 Nov 1994 08:49:37 GMT"],
            framing: .length(1),
            expected: "HTTP/1.1 200 OK\r\ndate: Mon, 07 Nov 1994 08:49:37 GMT\r\nContent-Length: 1\r\n\r\n"),
        Case(
            testDescription: "a status without a phrase keeps the space", status: 299, framing: .length(0),
            expected: "HTTP/1.1 299 \r\n\(dateLine)Content-Length: 0\r\n\r\n"),
        Case(
            testDescription: "tabs, high bytes and nothing may stand in values",
            fields: ["A": "b\tc", "B": "é", "C": ""], framing: .length(0),
            expected: "HTTP/1.1 200 OK\r\nA: b\tc\r\nB: é\r\nC: \r\n\(dateLine)Content-Length: 0\r\n\r\n"),
    ]

    @Test("as a table", arguments: cases)
    func table(row: Case) throws {
        let text = try head(row.status, row.fields, row.framing, row.connection, minorVersion: row.minorVersion)
        #expect(text == row.expected)
    }

    @Test(
        "cannot be split by a handler's fields",
        arguments: [
            ("A", "b\r\nSet-Cookie: c=d", UnsendableResponse.fieldValue), ("A", "b\nc", .fieldValue),
            ("A", "b\rc", .fieldValue), ("A", "\r\n\r\n<html>", .fieldValue), ("A", "b\u{0}", .fieldValue),
            ("A", "0123456\u{7F}", .fieldValue), ("A", "\u{1}", .fieldValue), ("A\r\nB", "c", .fieldName),
            ("", "b", .fieldName), ("A B", "c", .fieldName), ("A:", "c", .fieldName), ("é", "c", .fieldName),
        ])
    func splitting(name: String, value: String, expected: UnsendableResponse) {
        var out = wire("kept")
        var fields: HeaderFields = ["Fine": "yes"]
        fields.append(name, value)
        #expect(throws: expected) {
            try ResponseWriter.head(
                status: 200, fields: fields, framing: .none, connection: .keepAlive, minorVersion: 1, date: date,
                to: &out)
        }
        #expect(out.text == "kept")
    }

    @Test("that the protocol has no form for are refused")
    func unsendable() {
        #expect(throws: UnsendableResponse.status) { try head(99) }
        #expect(throws: UnsendableResponse.status) { try head(1000) }
        #expect(throws: UnsendableResponse.chunkedInHTTP10) { try head(200, [:], .chunked, minorVersion: 0) }
        #expect(throws: UnsendableResponse.upgradeMissing) { try head(101, [:], .none, .upgrade) }
    }

    @Test("go behind what is in the buffer already")
    func appends() throws {
        var out = wire("first")
        try ResponseWriter.head(
            status: 200, fields: [:], framing: .length(2), connection: .keepAlive, minorVersion: 1, date: date, to: &out
        )
        #expect(out.text.hasPrefix("firstHTTP/1.1 200 OK\r\n"))
    }
}

@Suite("Response chunks")
struct ResponseChunkTests {
    @Test(
        "sizes are written in hexadecimal",
        arguments: [
            (1, "1"), (9, "9"), (10, "a"), (15, "f"), (16, "10"), (255, "ff"), (256, "100"), (4096, "1000"),
            (65535, "ffff"), (Int.max, "7fffffffffffffff"),
        ])
    func sizes(count: Int, digits: String) {
        var out: [UInt8] = []
        ResponseWriter.chunkStart(count: count, to: &out)
        #expect(out.text == digits + "\r\n")
    }

    @Test("nothing is written for no bytes: it would end the body")
    func empty() {
        var out: [UInt8] = []
        ResponseWriter.chunk([UInt8]().span, to: &out)
        #expect(out.isEmpty)
    }

    @Test("what the writer writes the reader reads, split anywhere")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<50 {
            var out: [UInt8] = []
            var text = ""
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                let piece = String(repeating: "\r\n0", count: Int.random(in: 0...9, using: &generator))
                ResponseWriter.chunk(wire(piece).span, to: &out)
                text += piece
            }
            try ResponseWriter.lastChunk(trailers: ["Sum": "1", "Content-Length": "5"], to: &out)
            for cuts in splits(of: out.count, using: &generator, random: 3) {
                #expect(bodySummary(out, .chunked, cuts: cuts) == "'\(text)' Sum=1")
            }
        }
    }

    @Test("a trailer that cannot be sent still ends the body")
    func badTrailer() {
        var out: [UInt8] = []
        #expect(throws: UnsendableResponse.fieldValue) {
            try ResponseWriter.lastChunk(trailers: ["A": "b", "C": "d\r\nE: f"], to: &out)
        }
        #expect(out.text == "0\r\n\r\n")
    }
}
