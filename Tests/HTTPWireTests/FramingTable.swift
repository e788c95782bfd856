/// What ends a message and a connection: RFC 9112 §6, §9.3, RFC 9110 §7.8, §8.6, §10.1.1.
enum FramingTable {
    private static func post(_ lines: String) -> String { "POST / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n" }
    private static func post10(_ lines: String) -> String { "POST / HTTP/1.0\r\n" + lines + "\r\n" }

    static let rows: [Row] = lengths + codings + connections + expectations + upgrades

    private static let lengths = [
        Row("length", post("Content-Length: 5\r\n"), "POST / @a length 5"),
        Row("length 0", post("content-length:0\r\n"), "POST / @a length 0"),
        Row("length with leading zeros", post("Content-Length: 005\r\n"), "POST / @a length 5"),
        Row("length in 1.0", post10("Content-Length: 5\r\n"), "POST / @ 1.0 length 5"),
        Row("length with GET", FieldTable.head("Content-Length: 5\r\n"), "GET / @a length 5"),
        Row("largest length", post("Content-Length: 9223372036854775807\r\n"), "POST / @a length 9223372036854775807"),
        Row("length past 63 bits", post("Content-Length: 9223372036854775808\r\n"), "413"),
        Row("length past 64 bits", post("Content-Length: 18446744073709551617\r\n"), "413"),
        Row("length of forty digits", post("Content-Length: \(String(repeating: "9", count: 40))\r\n"), "413"),
        Row("length twice, differing", post("Content-Length: 5\r\nContent-Length: 6\r\n"), "400"),
        Row("length twice, the same", post("Content-Length: 5\r\nContent-Length: 5\r\n"), "400"),
        Row("length as a list", post("Content-Length: 5, 5\r\n"), "400"),
        Row("length with a plus", post("Content-Length: +5\r\n"), "400"),
        Row("length with a minus", post("Content-Length: -5\r\n"), "400"),
        Row("length empty", post("Content-Length:\r\n"), "400"),
        Row("length in hex", post("Content-Length: 0x5\r\n"), "400"),
        Row("length with a fraction", post("Content-Length: 5.0\r\n"), "400"),
        Row("length with an exponent", post("Content-Length: 1e3\r\n"), "400"),
        Row("length with a space within", post("Content-Length: 5 5\r\n"), "400"),
        Row("length with an underscore", post("Content-Length: 1_0\r\n"), "400"),
        Row("length with a comma behind", post("Content-Length: 5,\r\n"), "400"),
        Row("length in quotes", post("Content-Length: \"5\"\r\n"), "400"),
        Row("length with a no-break space", post("Content-Length: \u{A0}5\r\n"), "400"),
        Row("Content_Length is another field", post("Content_Length: 5\r\n"), "POST / @a"),
    ]

    private static let codings = [
        Row("chunked", post("Transfer-Encoding: chunked\r\n"), "POST / @a chunked"),
        Row("chunked in capitals", post("TRANSFER-ENCODING:\tCHUNKED\t\r\n"), "POST / @a chunked"),
        Row("length, then coding", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), "400"),
        Row("coding, then length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), "400"),
        Row("coding and length 0", post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"), "400"),
        Row("unknown coding and length", post("Transfer-Encoding: x\r\nContent-Length: 5\r\n"), "400"),
        Row("coding in 1.0", post10("Transfer-Encoding: chunked\r\n"), "400"),
        Row("chunked twice in a list", post("Transfer-Encoding: chunked, chunked\r\n"), "400"),
        Row("chunked twice in two lines", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), "400"),
        Row("chunked, then gzip", post("Transfer-Encoding: chunked, gzip\r\n"), "400"),
        Row(
            "chunked, then identity in two lines",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), "400"),
        Row("gzip", post("Transfer-Encoding: gzip\r\n"), "400"),
        Row("identity", post("Transfer-Encoding: identity\r\n"), "400"),
        Row("gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n"), "501"),
        Row("gzip, chunked in two lines", post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), "501"),
        Row("identity, chunked", post("Transfer-Encoding: identity, chunked\r\n"), "501"),
        Row("gzip with a parameter, chunked", post("Transfer-Encoding: gzip;a=b, chunked\r\n"), "501"),
        Row("xchunked", post("Transfer-Encoding: xchunked\r\n"), "400"),
        Row("chunkedx", post("Transfer-Encoding: chunkedx\r\n"), "400"),
        Row("chunked in quotes", post("Transfer-Encoding: \"chunked\"\r\n"), "400"),
        Row("chunked with a parameter", post("Transfer-Encoding: chunked;a=b\r\n"), "400"),
        Row("chunked with a semicolon", post("Transfer-Encoding: chunked;\r\n"), "400"),
        Row("chunked with a comma behind", post("Transfer-Encoding: chunked,\r\n"), "400"),
        Row("chunked with a comma before", post("Transfer-Encoding: ,chunked\r\n"), "400"),
        Row("coding empty", post("Transfer-Encoding:\r\n"), "400"),
        Row("coding empty, then chunked", post("Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n"), "400"),
        Row("chunked behind a vertical tab", post("Transfer-Encoding: \u{B}chunked\r\n"), "400"),
        Row("chunked folded", post("Transfer-Encoding:\r\n chunked\r\n"), "400"),
        Row("two words", post("Transfer-Encoding: chunked identity\r\n"), "400"),
        Row("Transfer_Encoding is another field", post("Transfer_Encoding: chunked\r\n"), "POST / @a"),
    ]

    private static let connections = [
        Row("close", FieldTable.head("Connection: close\r\n"), "GET / @a close"),
        Row("close in capitals, in a list", FieldTable.head("Connection: x, , CLOSE\r\n"), "GET / @a close"),
        Row("close in a second line", FieldTable.head("Connection: x\r\nConnection: close\r\n"), "GET / @a close"),
        Row("close wins", FieldTable.head("Connection: keep-alive, close\r\n"), "GET / @a close"),
        Row("keep-alive in 1.1", FieldTable.head("Connection: keep-alive\r\n"), "GET / @a"),
        Row("keep-alive in 1.0", post10("Connection: Keep-Alive\r\n"), "POST / @ 1.0 keep"),
        Row("keep-alive and close in 1.0", post10("Connection: keep-alive, close\r\n"), "POST / @ 1.0"),
        Row("part of a token is none", FieldTable.head("Connection: closed, xclose\r\n"), "GET / @a"),
    ]

    private static let expectations = [
        Row("expect", post("Expect: 100-continue\r\nContent-Length: 5\r\n"), "POST / @a length 5 continue"),
        Row(
            "expect in capitals, chunked", post("Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n"),
            "POST / @a chunked continue"),
        Row("expect without a body", post("Expect: 100-continue\r\n"), "POST / @a"),
        Row("expect with length 0", post("Expect: 100-continue\r\nContent-Length: 0\r\n"), "POST / @a length 0"),
        Row("expect in 1.0", post10("Expect: 100-continue\r\nContent-Length: 5\r\n"), "POST / @ 1.0 length 5"),
        Row("another expectation", post("Expect: pizza\r\nContent-Length: 5\r\n"), "417"),
        Row("another one behind", post("Expect: 100-continue, pizza\r\nContent-Length: 5\r\n"), "417"),
        Row("another one in 1.0", post10("Expect: pizza\r\n"), "POST / @ 1.0"),
    ]

    private static let upgrades = [
        Row("websocket", FieldTable.head("Connection: Upgrade\r\nUpgrade: websocket\r\n"), "GET / @a websocket"),
        Row(
            "websocket as Firefox asks", FieldTable.head("Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"),
            "GET / @a websocket"),
        Row(
            "websocket among others", FieldTable.head("Connection: upgrade\r\nUpgrade: x/1, websocket\r\n"),
            "GET / @a websocket"),
        Row("upgrade without Connection", FieldTable.head("Upgrade: websocket\r\n"), "GET / @a"),
        Row("Connection without upgrade", FieldTable.head("Connection: upgrade\r\n"), "GET / @a"),
        Row("another protocol", FieldTable.head("Connection: upgrade\r\nUpgrade: h2c\r\n"), "GET / @a"),
        Row("websocket with POST", post("Connection: upgrade\r\nUpgrade: websocket\r\n"), "POST / @a"),
        Row(
            "websocket with a body",
            FieldTable.head("Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n"), "GET / @a length 1"),
        Row("websocket in 1.0", "GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", "GET / @ 1.0"),
    ]
}
