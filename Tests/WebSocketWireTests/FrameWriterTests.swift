import Testing
import WebSocketWire

@Suite struct FrameWriterTests {
    @Test(
        arguments: [
            (0, [0x82, 0x00]), (1, [0x82, 0x01]), (125, [0x82, 0x7D]), (126, [0x82, 0x7E, 0x00, 0x7E]),
            (65_535, [0x82, 0x7E, 0xFF, 0xFF]), (65_536, [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0]),
            (0x0102_0304_0506, [0x82, 0x7F, 0, 0, 1, 2, 3, 4, 5, 6]),
        ] as [(Int, [UInt8])])
    func headersInShortestForm(_ count: Int, _ expected: [UInt8]) {
        #expect(Array(FrameWriter.header(.binary, payloadCount: count)) == expected)
        var masked = expected
        masked[1] |= 0x80
        let header = FrameWriter.header(.binary, payloadCount: count, mask: testMask)
        #expect(Array(header) == masked + [0x37, 0xFA, 0x21, 0x3D])
        #expect(header.count == masked.count + 4)
        #expect(header.withContiguousStorageIfAvailable { Array($0) } == Array(header))
    }

    /// RFC 6455 §5.7.
    @Test func examplesOfTheRFC() {
        let hello = Array("Hello".utf8)
        #expect(FrameWriter.frame(.text, payload: hello) == [0x81, 0x05] + hello)
        #expect(
            FrameWriter.frame(.text, payload: hello, mask: testMask)
                == [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
        #expect(FrameWriter.frame(.text, payload: Array("Hel".utf8), isFinal: false) == [0x01, 0x03] + "Hel".utf8)
        #expect(FrameWriter.frame(.continuation, payload: Array("lo".utf8)) == [0x80, 0x02] + "lo".utf8)
        #expect(FrameWriter.frame(.pong, payload: hello) == [0x8A, 0x05] + hello)
    }

    @Test func appendsBehindWhatIsThere() {
        var out: [UInt8] = [9]
        FrameWriter.append(.text, payload: [97], mask: testMask, to: &out)
        FrameWriter.append(.text, payload: [98], to: &out)
        #expect(out == [9, 0x81, 0x81, 0x37, 0xFA, 0x21, 0x3D, 97 ^ 0x37, 0x81, 0x01, 98])
    }

    @Test func controlPayloadsAreCutAt125() {
        let long = [UInt8](repeating: 1, count: 126)
        #expect(FrameWriter.frame(.ping, payload: long) == [0x89, 125] + long[..<125])
    }

    struct Close: Sendable {
        let code: UInt16?
        let reason: String
        let payload: [UInt8]
    }

    @Test(arguments: [
        Close(code: nil, reason: "", payload: []),
        Close(code: nil, reason: "dropped, as a reason needs a code", payload: []),
        Close(code: 1000, reason: "", payload: [0x03, 0xE8]),
        Close(code: 4999, reason: "é", payload: [0x13, 0x87, 0xC3, 0xA9]),
        Close(code: 1005, reason: "x", payload: []),
        Close(code: 1006, reason: "x", payload: []),
        Close(code: 1010, reason: "x", payload: []),
        Close(code: 1015, reason: "x", payload: []),
        Close(
            code: 1000, reason: .init(repeating: "a", count: 123),
            payload: [0x03, 0xE8] + .init(repeating: 97, count: 123)),
        Close(
            code: 1000, reason: .init(repeating: "a", count: 124),
            payload: [0x03, 0xE8] + .init(repeating: 97, count: 123)),
        Close(
            code: 1000, reason: .init(repeating: "a", count: 122) + "é",
            payload: [0x03, 0xE8] + .init(repeating: 97, count: 122)),
        Close(
            code: 1000, reason: .init(repeating: "a", count: 119) + "😀b",
            payload: [0x03, 0xE8] + .init(repeating: 97, count: 119) + "😀".utf8),
        Close(
            code: 1000, reason: .init(repeating: "a", count: 121) + "😀b",
            payload: [0x03, 0xE8] + .init(repeating: 97, count: 121)),
        // Two scalars of one character are two pieces.
        Close(
            code: 1000, reason: .init(repeating: "a", count: 122) + "e\u{301}",
            payload: [0x03, 0xE8] + .init(repeating: 97, count: 122) + [0x65]),
    ])
    func closeFrames(_ row: Close) {
        var out: [UInt8] = []
        FrameWriter.appendClose(code: row.code, reason: row.reason, to: &out)
        #expect(out == [0x88, UInt8(row.payload.count)] + row.payload)
    }

    @Test func aClientsCloseIsMaskedAndMaySay1010() {
        var out: [UInt8] = []
        FrameWriter.appendClose(code: 1010, reason: "no", mask: testMask, to: &out)
        #expect(events(out) == [.close(code: 1010, reason: "no")])
    }
}
