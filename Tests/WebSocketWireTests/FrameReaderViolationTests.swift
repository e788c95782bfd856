import Testing
import WebSocketWire

@Suite struct FrameReaderViolationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let code: UInt16
        let role: WebSocketRole
        /// How many bytes it takes to know, if fewer than all.
        let knownAfter: Int

        init(
            _ name: String, _ bytes: [UInt8], _ code: UInt16, knownAfter: Int? = nil, role: WebSocketRole = .server
        ) {
            testDescription = name
            self.bytes = bytes
            self.code = code
            self.knownAfter = knownAfter ?? bytes.count
            self.role = role
        }
    }

    private static let begun = frame(.text, "a", isFinal: false)

    static let headers: [Case] =
        [0x10, 0x20, 0x40, 0x70].map { Case("reserved bits \($0)", rawFrame(0x81 | $0, 0x80), 1002, knownAfter: 1) }
        + [0x3, 0x7, 0xB, 0xF].map { Case("reserved opcode \($0)", rawFrame(0x80 | $0, 0x80), 1002, knownAfter: 1) }
        + [0x8, 0x9, 0xA].map { Case("fragmented control \($0)", rawFrame($0, 0x80), 1002, knownAfter: 1) }
        + [
            Case("continuation of nothing", frame(.continuation, "a"), 1002, knownAfter: 1),
            Case("continuation after the end", frame(.text, "a") + frame(.continuation, "b"), 1002, knownAfter: 8),
            Case("text within a message", begun + frame(.text, "b"), 1002, knownAfter: 8),
            Case("binary within a message", begun + frame(.binary, "b"), 1002, knownAfter: 8),
            Case("client without mask", rawFrame(0x81, 0x01, [97]), 1002, knownAfter: 2),
            Case("server with mask", frame(.text, "a"), 1002, knownAfter: 2, role: .client),
            Case("ping of 126", rawFrame(0x89, 0xFE, extra: [0, 126]), 1002, knownAfter: 2),
            Case("close of 64-bit length", rawFrame(0x88, 0xFF, extra: [0, 0, 0, 0, 0, 1, 0, 0]), 1002, knownAfter: 2),
            Case("16-bit length of 125", rawFrame(0x82, 0xFE, extra: [0, 125]), 1002, knownAfter: 4),
            Case(
                "64-bit length of 65535", rawFrame(0x82, 0xFF, extra: [0, 0, 0, 0, 0, 0, 0xFF, 0xFF]), 1002,
                knownAfter: 10),
            Case(
                "64-bit length with the high bit", rawFrame(0x82, 0xFF, extra: [0x80, 0, 0, 0, 0, 0, 0, 1]), 1002,
                knownAfter: 10),
        ]

    static let sizes: [Case] = [
        Case("one byte more", rawFrame(0x82, 0xFE, extra: [0x03, 0xE9]), 1009, knownAfter: 4),
        Case(
            "the largest length", rawFrame(0x82, 0xFF, extra: [0x7F] + [UInt8](repeating: 0xFF, count: 7)), 1009,
            knownAfter: 10),
        Case(
            "fragments together",
            frame(.binary, [UInt8](repeating: 0, count: 900), isFinal: false)
                + frame(.continuation, [UInt8](repeating: 0, count: 101)), 1009, knownAfter: 910),
    ]

    static let texts: [Case] = [
        Case("a bad byte amid a frame", frame(.text, [97, 0xFF, 98, 99]), 1007, knownAfter: 8),
        Case("a bad byte in a fragment", begun + frame(.continuation, [0x80]), 1007),
        Case("a surrogate", frame(.text, [0xED, 0xA0, 0x80]), 1007, knownAfter: 8),
        Case("past U+10FFFF", frame(.text, [0xF4, 0x90, 0x80, 0x80]), 1007, knownAfter: 8),
        Case(
            "past U+10FFFF, in fragments",
            frame(.text, [0xCE, 0xBA, 0xF4], isFinal: false)
                + frame(.continuation, [0x90, 0x80], isFinal: false), 1007, knownAfter: 16),
        Case("an unfinished character", frame(.text, [0xE2, 0x82]), 1007),
        Case(
            "an unfinished character, then nothing", frame(.text, [0xE2], isFinal: false) + frame(.continuation), 1007),
    ]

    static let closes: [Case] =
        [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map { (code: UInt16) in
            Case("close \(code)", frame(.close, [UInt8(code >> 8), UInt8(code & 0xFF)]), 1002)
        } + [
            Case("close of one byte", frame(.close, [0x03]), 1002),
            Case("close reason not UTF-8", frame(.close, [0x03, 0xE8, 0xCE, 0xBA, 0xE1]), 1007),
        ]

    @Test(arguments: headers + sizes + texts + closes)
    func isFoundAsSoonAsItIsKnown(_ row: Case) {
        #expect(events(row.bytes, role: row.role, maxMessageSize: 1000).last?.violation == row.code)
        let before = Array(row.bytes[..<(row.knownAfter - 1)])
        let until = Array(row.bytes[..<row.knownAfter])
        for chunk in [1, Int.max] {
            #expect(
                !events(before, role: row.role, maxMessageSize: 1000, chunk: chunk).contains { $0.violation != nil })
            #expect(events(until, role: row.role, maxMessageSize: 1000, chunk: chunk).last?.violation == row.code)
        }
    }

    @Test(arguments: headers + sizes + texts + closes)
    func isTheLastEvent(_ row: Case) {
        let events = events(row.bytes + frame(.text, "late"), role: row.role, maxMessageSize: 1000)
        #expect(events.last?.violation == row.code)
        #expect(events.count { $0.violation != nil } == 1)
    }

    @Test func theLimitItselfIsAllowed() {
        let payload = [UInt8](repeating: 7, count: 1000)
        #expect(events(frame(.binary, payload), maxMessageSize: 1000) == [.binary(payload)])
        let halves =
            frame(.binary, Array(payload[..<400]), isFinal: false) + frame(.continuation, Array(payload[400...]))
        #expect(events(halves, maxMessageSize: 1000) == [.binary(payload)])
        #expect(events(frame(.text), maxMessageSize: 0) == [.text("")])
        let ping = [UInt8](repeating: 1, count: 125)
        #expect(events(frame(.ping, ping), maxMessageSize: 0) == [.ping(ping)], "the limit is for messages")
    }

    @Test(arguments: [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])
    func goodCloseCodes(_ code: UInt16) {
        let bytes = frame(.close, [UInt8(code >> 8), UInt8(code & 0xFF)])
        #expect(events(bytes) == [.close(code: code, reason: "")])
    }
}
