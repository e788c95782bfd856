import NATSClient
import TestSupport
import Testing

@Suite struct NATSHeaderBlockTests {
    private func decode(_ bytes: [UInt8]) -> NATSMessage {
        var message = NATSMessage(subject: "s")
        NATSHeaderBlock.decode(bytes.span, into: &message)
        return message
    }

    @Test(arguments: [
        ("NATS/1.0\r\n\r\n", "s []"),
        ("NATS/1.0\r\nA: 1\r\na:2\r\nA:  3 4 \r\n\r\n", "s A=1 a=2 A=3 4 []"),
        ("NATS/1.0\r\nEmpty:\r\nColons: a:b: c\r\n\r\n", "s Empty= Colons=a:b: c []"),
        ("NATS/1.0 100 Idle Heartbeat\r\nX: y\r\n\r\n", "s status=100/Idle Heartbeat X=y []"),
        ("NATS/1.0 404\r\n\r\n", "s status=404/ []"),
        // What another client may write: skipped, never an error.
        ("NATS/1.0\r\nno colon\r\n: no name\r\nA: 1\r\n", "s A=1 []"),
        ("NATS/1.0\nA: 1\n\n", "s A=1 []"),
        ("NATS/1.0 x\r\nA: 1\r\n\r\n", "s A=1 []"),
        ("HTTP/1.1 200 OK\r\nA: 1\r\n\r\n", "s []"),
        ("", "s []"),
        ("\r\n\r\n", "s []"),
        ("NATS/1.0", "s []"),
    ])
    func decodes(_ text: String, _ expected: String) {
        #expect(describe(decode(Array(text.utf8))) == expected)
    }

    @Test(arguments: [
        ("", "v"), ("a b", "v"), ("a:b", "v"), ("ä", "v"), ("a\r\n", "v"), ("a", "v\r\nb: c"), ("a", "\n"),
    ])
    func refuses(_ name: String, _ value: String) {
        #expect(NATSHeaderBlock.encode([("ok", "ok"), (name, value)]) == nil)
    }

    @Test func whatIsEncodedIsDecoded() throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<500 {
            let headers = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                (text("aZ-09_!~", 1...9, &generator), text("a ü:\t,é%", 0...12, &generator))
            }
            let block = try #require(NATSHeaderBlock.encode(headers))
            let expected = headers.map { ($0, $1.trimmingBlanks) }
            #expect(decode(block).headers.map { "\($0)=\($1)" } == expected.map { "\($0)=\($1)" })
        }
    }

    private func text(_ alphabet: String, _ length: ClosedRange<Int>, _ generator: inout SeededGenerator) -> String {
        String(
            (0..<Int.random(in: length, using: &generator)).compactMap { _ in
                alphabet.randomElement(using: &generator)
            })
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        var rest = self[...]
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return String(rest)
    }

    @Test func mutationsAreHarmless() {
        var generator = SeededGenerator(seed: 21)
        let blocks = [
            "NATS/1.0 503 No Responders\r\n\r\n", "NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 7\r\n\r\n",
            "NATS/1.0\r\nNats-Stream: S\r\nNats-Sequence: 12\r\nx:\r\n\r\n",
        ].map { Array($0.utf8) }
        for _ in 0..<30_000 {
            let block = mutated(generator.pick(blocks), with: Array(" :\r\n\t/0\u{0}".utf8), using: &generator)
            var message = NATSMessage(subject: "s")
            NATSHeaderBlock.decode(block.span, into: &message)
            #expect(message.status.map { 100...999 ~= $0.code } ?? true)
            #expect(message.headers.allSatisfy { !$0.0.isEmpty && !$0.0.contains("\n") && !$0.1.contains("\n") })
        }
    }
}
