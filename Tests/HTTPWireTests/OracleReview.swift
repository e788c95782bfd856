/// Where llhttp, as NIOHTTP1 uses it, and this module disagree about a row of the tables, and why we keep our answer.
struct OracleReview {
    var reason: String
    /// Our verdict.
    var ours: String
    /// Its verdicts.
    var llhttp: Set<String>
    /// Names of rows.
    var rows: Set<String>

    private static let chunkedHead = wire("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")

    /// All rows of the tables as whole messages; those of chunks with a head before them.
    static let rows =
        RequestLineTable.rows + FieldTable.rows + FramingTable.rows
        + ChunkTable.rows.map { row in
            var row = row
            row.name = "chunks: " + row.name
            row.bytes = chunkedHead + row.bytes
            return row
        }

    static let all = stricter + framing + looser

    private static let stricter = [
        OracleReview(
            reason: "llhttp leaves Host to its caller; RFC 9112 §3.2 wants 400",
            ours: "refused", llhttp: ["accepted"],
            rows: [
                "Host blank", "Host empty", "Host malformed in 1.0", "Host missing", "Host missing, others there",
                "Host twice", "Host twice in 1.0", "Host twice, the same", "IPv6 colon first", "IPv6 colon last",
                "IPv6 empty", "IPv6 gap for nothing", "IPv6 group of five", "IPv6 nine groups", "IPv6 seven groups",
                "IPv6 three colons", "IPv6 two gaps", "IPv6 unclosed", "IPv6 with IPv4 in front",
                "IPv6 with a bad IPv4", "IPv6 with a short IPv4", "IPv6 with a zone", "IPv6 with text behind",
                "IPv6 without brackets", "UTF-8", "a backslash", "a fragment", "a path", "a query", "a quote",
                "a scheme", "a space", "a user", "absolute still needs Host", "absolute, Host malformed",
                "an address of the future", "angle brackets", "escape cut short", "escape malformed", "negative port",
                "port 65536", "port of letters", "port of six digits", "port only", "two ports",
            ]),
        OracleReview(
            reason: "llhttp leaves the form of the target to its caller; §3.2 has four forms and no fragment",
            ours: "refused", llhttp: ["accepted"],
            rows: [
                "CONNECT to port 0", "CONNECT with a URL", "CONNECT with a path", "CONNECT with an empty port",
                "CONNECT without port", "GET *", "OPTIONS **", "OPTIONS *?a", "absolute with a port only",
                "absolute with a user", "absolute with another scheme", "absolute without authority", "fragment",
            ]),
        OracleReview(
            reason: "llhttp skips line ends and spaces that the grammar does not have; we let one CRLF pass (§2.2)",
            ours: "refused", llhttp: ["accepted"],
            rows: [
                "CR before", "LF before", "two empty lines before", "two spaces before the target",
                "two spaces before the version",
            ]),
        OracleReview(
            reason: "llhttp still reads HTTP/0.9", ours: "refused", llhttp: ["incomplete"],
            rows: ["HTTP/0.9", "LF ends the target"]),
        OracleReview(
            reason: "llhttp leaves Expect to its caller", ours: "refused", llhttp: ["incomplete"],
            rows: ["another expectation", "another one behind"]),
    ]

    private static let framing = [
        OracleReview(
            reason: "llhttp takes any coding before chunked and empty elements, and codings in HTTP/1.0",
            ours: "refused", llhttp: ["incomplete", "accepted"],
            rows: [
                "chunked with a comma before", "coding empty", "coding empty, then chunked", "coding in 1.0",
                "gzip with a parameter, chunked", "gzip, chunked", "gzip, chunked in two lines", "identity, chunked",
            ]),
        OracleReview(
            reason: "llhttp counts in 64 bits without sign, we in 63; no such body exists",
            ours: "refused", llhttp: ["incomplete"], rows: ["length past 63 bits", "chunks: past 63 bits"]),
        OracleReview(
            reason: "llhttp bounds neither extensions nor leading zeros, and checks less of their grammar",
            ours: "refused", llhttp: ["incomplete", "accepted"],
            rows: [
                "chunks: no value", "chunks: seventeen digits", "chunks: too long", "chunks: too long together",
                "chunks: two semicolons",
            ]),
    ]

    private static let looser = [
        OracleReview(
            reason: "llhttp has a list of methods; RFC 9110 §9.1 lets a method be any token",
            ours: "accepted", llhttp: ["refused"],
            rows: [
                "a method that begins like a known one", "case counts: get is another method", "method of 32",
                "method of every kind of token character",
            ]),
        OracleReview(
            reason: "a higher minor version is to be read as the highest known one (RFC 9110 §2.5)",
            ours: "accepted", llhttp: ["refused"], rows: ["HTTP/1.2 is read as 1.1"]),
        OracleReview(
            reason: "white space around a value may be a tab (RFC 9112 §5.1)",
            ours: "accepted", llhttp: ["accepted"], rows: ["Host in capitals"]),
        OracleReview(
            reason: "the same; the head is complete and its body has not come",
            ours: "incomplete", llhttp: ["refused"], rows: ["chunked in capitals"]),
        OracleReview(
            reason: "the grammar of chunk extensions has white space, and a recipient must take it (RFC 9112 §7.1.1)",
            ours: "accepted", llhttp: ["refused"], rows: ["chunks: white space the grammar allows"]),
        OracleReview(
            reason: "framing fields among the trailers are ignored (RFC 9110 §6.5.1), llhttp takes them for the head's",
            ours: "accepted", llhttp: ["refused"], rows: ["chunks: those that must not stand there are dropped"]),
    ]
}

extension OracleReview {
    /// Whether one of the reasons of `looser` is seen in a message that we accept and llhttp refuses.
    static func explains(_ text: String, method: String) -> Bool {
        let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false).map { $0.lowercased() }
        let start = lines.first { !$0.isEmpty } ?? ""
        let behind = lines.drop { !$0.isEmpty }.dropFirst()
        return !known.contains(method)
            || !start.hasSuffix("/1.1") && !start.hasSuffix("/1.0")
            || lines.contains { $0.hasPrefix("transfer-encoding:") && $0.hasSuffix("\t") }
            || behind.contains { $0.hasPrefix("content-length:") || $0.hasPrefix("transfer-encoding:") }
            || behind.contains { $0.contains(";") && $0.contains { $0 == " " || $0 == "\t" } }
    }
}
