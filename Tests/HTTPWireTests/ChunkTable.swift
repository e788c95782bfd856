/// Chunked bodies: RFC 9112 §7.1.
enum ChunkTable {
    static let rows: [Row] = sizes + extensions + lineEnds + trailers

    private static let sizes = [
        Row("one chunk", "5\r\nhello\r\n0\r\n\r\n", "'hello'"),
        Row("two chunks", "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", "'hello!'"),
        Row("no data", "0\r\n\r\n", "''"),
        Row("what follows is left", "1\r\na\r\n0\r\n\r\nGET /", "'a' rest 5"),
        Row("capital digits", "A\r\n0123456789\r\n0\r\n\r\n", "'0123456789'"),
        Row("small digits", "a\r\n0123456789\r\n0\r\n\r\n", "'0123456789'"),
        Row("leading zeros", "0000000000000005\r\nhello\r\n000\r\n\r\n", "'hello'"),
        Row("seventeen digits", "00000000000000005\r\nhello\r\n0\r\n\r\n", "400"),
        Row("data that looks like framing", "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n", "'\r\n0\r\n\r\n'"),
        Row("no size", "\r\nhello\r\n0\r\n\r\n", "400"),
        Row("minus", "-1\r\nhello\r\n0\r\n\r\n", "400"),
        Row("plus", "+5\r\nhello\r\n0\r\n\r\n", "400"),
        Row("0x", "0x5\r\nhello\r\n0\r\n\r\n", "400"),
        Row("underscore", "1_0\r\nhello\r\n0\r\n\r\n", "400"),
        Row("not a digit", "g\r\nhello\r\n0\r\n\r\n", "400"),
        Row("space before", " 5\r\nhello\r\n0\r\n\r\n", "400"),
        Row("space behind", "5 \r\nhello\r\n0\r\n\r\n", "400"),
        Row("tab behind", "5\t\r\nhello\r\n0\r\n\r\n", "400"),
        Row("space within", "5 0\r\nhello\r\n0\r\n\r\n", "400"),
        Row("NUL behind", "5\u{0}\r\nhello\r\n0\r\n\r\n", "400"),
        Row("comma", "5,5\r\nhello\r\n0\r\n\r\n", "400"),
        Row("past 63 bits", "8000000000000000\r\nhello", "413"),
        Row("past 64 bits", "10000000000000005\r\nhello\r\n0\r\n\r\n", "413"),
        Row("data too short", "6\r\nhello\r\n0\r\n\r\n", "400"),
        Row("data too long", "4\r\nhello\r\n0\r\n\r\n", "400"),
        Row("cut in a size", "5", "more"),
        Row("cut in the data", "5\r\nhel", "more"),
        Row("cut before the end", "5\r\nhello\r\n0\r\n", "more"),
        Row("cut in the end", "5\r\nhello\r\n0\r\n\r", "more"),
    ]

    private static let extensions = [
        Row("name", "5;a\r\nhello\r\n0;b\r\n\r\n", "'hello'"),
        Row("name and value", "5;a=b;c=d\r\nhello\r\n0\r\n\r\n", "'hello'"),
        Row("quoted value", "5;a=\"b;\\\"c\u{E9}\"\r\nhello\r\n0\r\n\r\n", "'hello'"),
        Row("white space the grammar allows", "5 \t; a = \"b\" ;c=d\r\nhello\r\n0\r\n\r\n", "'hello'"),
        Row("no name", "5;\r\nhello\r\n0\r\n\r\n", "400"),
        Row("two semicolons", "5;;a\r\nhello\r\n0\r\n\r\n", "400"),
        Row("no value", "5;a=\r\nhello\r\n0\r\n\r\n", "400"),
        Row("two equals", "5;a=b=c\r\nhello\r\n0\r\n\r\n", "400"),
        Row("white space at the end", "5;a \r\nhello\r\n0\r\n\r\n", "400"),
        Row("open quote", "5;a=\"b\r\nhello\r\n0\r\n\r\n", "400"),
        Row("text behind a quote", "5;a=\"b\"(\r\nhello\r\n0\r\n\r\n", "400"),
        Row("NUL", "5;a\u{0}\r\nhello\r\n0\r\n\r\n", "400"),
        Row("NUL in quotes", "5;a=\"\u{0}\"\r\nhello\r\n0\r\n\r\n", "400"),
        Row("bare LF ends a name", "5;a\nhello\r\n0\r\n\r\n", "400"),
        Row("bare LF behind a semicolon", "5;\nhello\r\n0\r\n\r\n", "400"),
        Row("bare CR", "5;a\rb\r\nhello\r\n0\r\n\r\n", "400"),
        Row("bare LF in quotes", "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n", "400"),
        Row("too long", "5;" + String(repeating: "a", count: 5000) + "\r\nhello\r\n0\r\n\r\n", "400"),
        Row(
            "too long together", String(repeating: "1;" + String(repeating: "a", count: 98) + "\r\nx\r\n", count: 50),
            "400"),
    ]

    private static let lineEnds = [
        Row("LF behind a size", "5\nhello\r\n0\r\n\r\n", "400"),
        Row("CR behind a size", "5\rhello\r\n0\r\n\r\n", "400"),
        Row("CR CR LF behind a size", "5\r\r\nhello\r\n0\r\n\r\n", "400"),
        Row("LF behind the data", "5\r\nhello\n0\r\n\r\n", "400"),
        Row("CR behind the data", "5\r\nhello\r0\r\n\r\n", "400"),
        Row("nothing behind the data", "5\r\nhello0\r\n\r\n", "400"),
        Row("LF behind the last size", "5\r\nhello\r\n0\n\r\n", "400"),
        Row("LF at the end", "5\r\nhello\r\n0\r\n\n", "400"),
        Row("CR at the end", "5\r\nhello\r\n0\r\n\rX", "400"),
    ]

    private static let trailers = [
        Row("trailers", "0\r\nA: b\r\nc:\td \r\n\r\nrest", "'' A=b c=d rest 4"),
        Row(
            "those that must not stand there are dropped",
            "0\r\nContent-Length: 5\r\nA: b\r\nTRANSFER-ENCODING: chunked\r\nHost: evil\r\nCookie: c\r\n"
                + "Authorization: x\r\nTrailer: A\r\nConnection: close\r\n\r\n", "'' A=b"),
        Row("trailer: space before the colon", "0\r\nA : b\r\n\r\n", "400"),
        Row("trailer: folding", "0\r\nA: b\r\n c\r\n\r\n", "400"),
        Row("folding of a dropped one", "0\r\nHost: b\r\n c\r\n\r\n", "400"),
        Row("trailer: bare LF", "0\r\nA: b\n\r\n", "400"),
        Row("trailer: bare CR", "0\r\nA: b\rc\r\n\r\n", "400"),
        Row("trailer: no name", "0\r\n: b\r\n\r\n", "400"),
        Row("trailer: no colon", "0\r\nGET / HTTP/1.1\r\n\r\n", "400"),
        Row("trailer: NUL", "0\r\nA: \u{0}\r\n\r\n", "400"),
        Row("trailer: cut", "0\r\nA: b\r\n", "more"),
    ]
}
