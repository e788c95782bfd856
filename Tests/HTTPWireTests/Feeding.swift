import HTTPWire
import PluginKit
import TestSupport
import Testing

/// Text as bytes, one for each character up to U+00FF, so that tables can hold any byte.
func wire(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8($0.value) }
}

/// One row of a table: what goes in, and in a few words what must come out.
struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var expected: String

    init(_ name: String, _ text: String, _ expected: String) {
        self.name = name
        bytes = wire(text)
        self.expected = expected
    }

    var testDescription: String { name }
}

/// Ways to hand out `count` bytes: ends of growing prefixes, the last one being `count`.
func splits(of count: Int, using generator: inout SeededGenerator, random: Int = 12) -> [[Int]] {
    var ways = [[count], Array(0...count)]
    for _ in 0..<random where count > 1 {
        let cuts = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
            Int.random(in: 0...count, using: &generator)
        }
        ways.append(cuts.sorted() + [count])
    }
    return ways
}

/// The head at the beginning of `bytes`, handed out in growing prefixes: status, `more`, or a summary like
/// `GET /a?b @host 1.0 close length 5`.
func headSummary(_ bytes: [UInt8], cuts: [Int], limits: HeadLimits = HeadLimits()) -> String {
    var parser = RequestParser(limits: limits)
    var head = RequestHead()
    for cut in cuts {
        switch parser.parse(bytes.span.extracting(first: cut), into: &head) {
        case .needMore: continue
        case .refused(let refusal): return "\(refusal.status)"
        case .head(let consumed, let framing): return summary(head, framing, rest: bytes.count - consumed)
        }
    }
    return "more"
}

func summary(_ head: RequestHead, _ framing: RequestFraming, rest: Int = 0) -> String {
    var words = [head.method.name, head.path + (head.query.map { "?" + $0 } ?? ""), "@" + head.host]
    if head.minorVersion == 0 { words.append("1.0") }
    if framing.keepAlive != (head.minorVersion > 0) { words.append(framing.keepAlive ? "keep" : "close") }
    switch framing.body {
    case .none: break
    case .length(let count): words.append("length \(count)")
    case .chunked: words.append("chunked")
    }
    if framing.expectsContinue { words.append("continue") }
    if framing.upgradesToWebSocket { words.append("websocket") }
    if rest > 0 { words.append("rest \(rest)") }
    return words.joined(separator: " ")
}

/// What a body reader made of bytes that arrive in pieces: the data, trailers and unread rest, or a status, or `more`.
func bodySummary(
    _ bytes: [UInt8], _ framing: BodyFraming, cuts: [Int], limit: Int? = nil, trailerLimits: HeadLimits = HeadLimits()
) -> String {
    var reader = BodyReader(framing, limit: limit, trailerLimits: trailerLimits)
    var data: [UInt8] = []
    var position = 0
    for cut in cuts {
        pieces: while true {
            switch reader.read(bytes.span.extracting(position..<max(position, cut))) {
            case .data(let range, let consumed):
                data.append(contentsOf: bytes[position + range.lowerBound..<position + range.upperBound])
                position += consumed
            case .needMore(let consumed):
                position += consumed
                break pieces
            case .end(let consumed):
                position += consumed
                return bodyText(data, reader.trailers, rest: bytes.count - position)
            case .refused(let refusal): return "\(refusal.status)"
            }
        }
    }
    return "more"
}

private func bodyText(_ data: [UInt8], _ trailers: HeaderFields, rest: Int) -> String {
    var words = ["'" + data.text + "'"]
    words += trailers.map { "\($0.name)=\($0.value)" }
    if rest > 0 { words.append("rest \(rest)") }
    return words.joined(separator: " ")
}
