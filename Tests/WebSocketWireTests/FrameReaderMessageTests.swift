import Testing
import WebSocketWire

@Suite struct FrameReaderMessageTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let expected: [FrameEvent]

        init(_ name: String, _ bytes: [UInt8], _ expected: [FrameEvent]) {
            testDescription = name
            self.bytes = bytes
            self.expected = expected
        }
    }

    static let ramp = (0..<300).map { UInt8(truncatingIfNeeded: $0) }
    static let big = [UInt8](repeating: 0x2A, count: 70_000)

    static let cases: [Case] = [
        Case(
            "RFC 6455 §5.7, masked Hello", [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58],
            [.text("Hello")]),
        Case("empty text and binary", frame(.text) + frame(.binary), [.text(""), .binary([])]),
        Case("binary of every byte", frame(.binary, ramp), [.binary(ramp)]),
        Case("64-bit length", frame(.binary, big), [.binary(big)]),
        Case(
            "lengths around the forms", [125, 126, 127, 65_535, 65_536].flatMap { frame(.binary, Array(big[..<$0])) },
            [125, 126, 127, 65_535, 65_536].map { .binary(Array(big[..<$0])) }),
        Case(
            "three fragments",
            frame(.text, "ab", isFinal: false) + frame(.continuation, "c", isFinal: false) + frame(.continuation, "d"),
            [.text("abcd")]),
        Case(
            "empty fragments",
            frame(.binary, isFinal: false) + frame(.continuation, isFinal: false) + frame(.continuation), [.binary([])]
        ),
        Case(
            "a character split by fragments",
            frame(.text, [0xE2, 0x82], isFinal: false) + frame(.continuation, [0xAC]), [.text("€")]),
        Case(
            "control frames between fragments",
            frame(.text, "a", isFinal: false) + frame(.ping, "x") + frame(.continuation, "b", isFinal: false)
                + frame(.pong) + frame(.continuation, "c"),
            [.ping(Array("x".utf8)), .pong([]), .text("abc")]),
        Case("ping of 125 bytes", frame(.ping, Array(ramp[..<125])), [.ping(Array(ramp[..<125]))]),
        Case(
            "messages after each other", frame(.text, "é") + frame(.binary, [0xFF]) + frame(.text, "z"),
            [.text("é"), .binary([0xFF]), .text("z")]),
        Case("close without a code", frame(.close), [.close(code: nil, reason: "")]),
        Case("close with a reason", frame(.close, [0x03, 0xE8] + "bye €".utf8), [.close(code: 1000, reason: "bye €")]),
        Case(
            "close amid a message", frame(.text, "a", isFinal: false) + frame(.close), [.close(code: nil, reason: "")]),
        Case("nothing after a close", frame(.close) + frame(.text, "late"), [.close(code: nil, reason: "")]),
    ]

    @Test(arguments: cases)
    func wholeAtOnce(_ row: Case) {
        #expect(events(row.bytes) == row.expected)
    }

    @Test(arguments: cases)
    func byteByByte(_ row: Case) {
        #expect(events(row.bytes, chunk: 1) == row.expected)
    }

    @Test(arguments: cases)
    func splitAnywhere(_ row: Case) {
        // All positions of short input; of long input those near either end, where the headers are.
        let positions = row.bytes.indices.filter { $0 < 400 || row.bytes.count - $0 < 100 }
        for position in positions {
            var reader = FrameReader(role: .server, maxMessageSize: 1 << 20)
            let parts = [Array(row.bytes[..<position]), Array(row.bytes[position...])]
            #expect(reader.events(parts) == row.expected, "split at \(position)")
        }
    }

    @Test func clientReadsUnmaskedFrames() {
        let bytes = FrameWriter.frame(.text, payload: Array("hi".utf8)) + FrameWriter.frame(.ping, payload: [1])
        for chunk in 1...bytes.count {
            #expect(events(bytes, role: .client, chunk: chunk) == [.text("hi"), .ping([1])])
        }
    }

    @Test func readingGoesOnFromConsumed() {
        let bytes = frame(.text, "one") + frame(.text, "two")
        var reader = FrameReader(role: .server, maxMessageSize: 100)
        var consumed = 0
        #expect(reader.read(bytes.span, consumed: &consumed) == .text("one"))
        #expect(consumed == 9)
        #expect(reader.read(bytes.span, consumed: &consumed) == .text("two"))
        #expect(reader.read(bytes.span, consumed: &consumed) == nil)
        #expect(consumed == 18)
    }

    @Test func isSmall() {
        #expect(MemoryLayout<FrameReader>.size <= 64)
    }
}
