import Testing
import WebSocketWire

/// What a `FrameReader` makes of permessage-deflate.
@Suite struct CompressedReadingTests {
    /// RFC 7692 §7.2.3: the same message in five ways.
    static let hellos: [[UInt8]] = [
        compressedHello,
        [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00],
        [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00],
        [0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00],
        // Not of the RFC: a last block that is final needs no empty one behind it.
        [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00],
    ]

    @Test(arguments: hellos)
    func examples(_ payload: [UInt8]) {
        let bytes = compressedFrame(.text, payload)
        for chunk in [1, 2, 3, Int.max] {
            #expect(inflatedEvents(bytes + bytes, chunk: chunk) == [.text("Hello"), .text("Hello")])
        }
    }

    @Test(arguments: hellos)
    func everyFragmentation(_ payload: [UInt8]) {
        for first in 0...payload.count {
            for second in 0...(payload.count - first) {
                let bytes = compressedFrames(.text, payload, sizes: [first, second])
                #expect(inflatedEvents(bytes) == [.text("Hello")])
                #expect(inflatedEvents(bytes, chunk: 1) == [.text("Hello")])
            }
        }
    }

    @Test func theExampleAsItIsOnTheWire() {
        var reader = inflatingReader(role: .client)
        let fragments: [UInt8] = [0x41, 0x03, 0xF2, 0x48, 0xCD, 0x80, 0x04, 0xC9, 0xC9, 0x07, 0x00]
        #expect(reader.events([[0xC1, 0x07] + compressedHello, fragments]) == [.text("Hello"), .text("Hello")])
    }

    /// RFC 7692 §7.2.3.2: the second message refers to the first.
    @Test func keptWindow() {
        let bytes = compressedFrame(.text, compressedHello) + compressedFrame(.text, [0xF2, 0x00, 0x11, 0x00, 0x00])
        var keeping = inflatingReader(keptWindowBits: 8)
        #expect(keeping.events([bytes]) == [.text("Hello"), .text("Hello")])
        #expect(inflatedEvents(bytes).map(\.violation) == [nil, 1007], "without takeover there is nothing to refer to")
    }

    @Test func aFinalBlockKeepsTheWindow() {
        // A final block with "Hello", then in the same message, and in the next, a copy of it.
        let copy: [UInt8] = [0xF2, 0x00, 0x11, 0x00, 0x00]
        let final = storedBlock(Array("Hello".utf8), isFinal: true)
        #expect(inflatedEvents(compressedFrame(.text, final + copy)) == [.text("HelloHello")])
        var keeping = inflatingReader(keptWindowBits: 9)
        let next = [compressedFrame(.text, final + [0]), compressedFrame(.text, copy), compressedFrame(.text, final)]
        #expect(keeping.events(next) == [.text("Hello"), .text("Hello"), .text("Hello")])
        #expect(keeping.events([compressedFrame(.text, copy)]) == [.text("Hello")])
    }

    @Test func emptyMessages() {
        for payload in [[0x00], [], [0x03, 0x00], storedBlock([]) + [0x00]] as [[UInt8]] {
            for bits in [nil, 10] {
                var reader = inflatingReader(keptWindowBits: bits)
                let bytes = compressedFrame(.binary, payload)
                #expect(reader.events([bytes, bytes, frame(.text, "a")]) == [.binary([]), .binary([]), .text("a")])
            }
        }
    }

    @Test func plainMessagesAndControlFramesBetween() {
        let bytes =
            frame(.text, "plain") + compressedFrame(.text, Array(compressedHello[..<3]), isFinal: false)
            + frame(.ping, "p") + frame(.continuation, Array(compressedHello[3...])) + frame(.binary, [1])
        let expected: [FrameEvent] = [.text("plain"), .ping([112]), .text("Hello"), .binary([1])]
        for chunk in [1, 5, Int.max] { #expect(inflatedEvents(bytes, chunk: chunk) == expected) }
    }

    @Test(arguments: [
        compressedFrame(.ping, []), compressedFrame(.pong, []), compressedFrame(.close, []),
        rawFrame(0xA2, 0x80), rawFrame(0x92, 0x80), rawFrame(0xE2, 0x80), rawFrame(0xC3, 0x80),
        compressedFrame(.continuation, []),
        compressedFrame(.text, [], isFinal: false) + compressedFrame(.continuation, [0]),
        frame(.text, "a", isFinal: false) + compressedFrame(.continuation, [0]),
        frame(.text, "a", isFinal: false) + compressedFrame(.text, [0]),
        compressedFrame(.text, [], isFinal: false) + compressedFrame(.ping, []),
    ])
    func reservedBits(_ bytes: [UInt8]) {
        #expect(inflatedEvents(bytes).map(\.violation) == [1002])
        #expect(inflatedEvents(bytes, chunk: 1).map(\.violation) == [1002])
    }

    @Test func withoutAgreementNothingIsCompressed() {
        #expect(events(compressedFrame(.text, compressedHello)).map(\.violation) == [1002])
    }

    @Test(
        arguments: [
            [0xFF], [0x07], [0x06], [0x00, 0x05, 0x00, 0xFA, 0xFE, 0x48], Array(compressedHello.dropLast(1)),
            Array(compressedHello.dropLast(3)), Array(storedBlock([1, 2, 3]).dropLast()), storedBlock([1, 2, 3]),
            // A copy from before the beginning.
            [0xF2, 0x00, 0x11, 0x00, 0x00], compressedHello + [0xFF, 0xFF], storedBlock([1], isFinal: true) + [0x06],
        ] as [[UInt8]])
    func corrupt(_ payload: [UInt8]) {
        let bytes = compressedFrame(.binary, payload) + frame(.text, "late")
        for chunk in [1, 4, Int.max] {
            #expect(
                inflatedEvents(bytes, chunk: chunk)
                    == [.violation(code: CloseCode.invalidPayload, reason: "compressed data is corrupt")])
        }
    }

    @Test func aKeptWindowIsAsLargeAsAgreed() {
        // 5,000 bytes that do not repeat, and then as a second message the first of them: out of reach of 12 bits.
        let once: [UInt8] = (0..<5000).map { UInt8(truncatingIfNeeded: $0 & 1 == 0 ? $0 >> 9 : $0 >> 1) }
        let deflater = Deflater(DeflateEncoding(windowBits: 15), keepsWindow: true)
        let bytes = [once, once].map { compressedFrame(.binary, deflater.compressed($0) ?? []) }
        var wide = inflatingReader(keptWindowBits: 15)
        #expect(wide.events(bytes) == [.binary(once), .binary(once)])
        var narrow = inflatingReader(keptWindowBits: 12)
        #expect(narrow.events(bytes).map(\.violation) == [nil, 1007])
    }

    @Test(arguments: [[0xFF], [0xE2, 0x82], [0xED, 0xA0, 0x80], Array("€".utf8) + [0xC0]] as [[UInt8]])
    func textIsCheckedInflated(_ text: [UInt8]) {
        let bytes = compressedFrame(.text, storedBlock(text) + [0])
        #expect(inflatedEvents(bytes) == [.violation(code: 1007, reason: "text is not UTF-8")])
        #expect(inflatedEvents(compressedFrame(.binary, storedBlock(text) + [0])) == [.binary(text)])
    }

    @Test func textMayBeCutAnywhere() {
        // Characters of four bytes across blocks, frames, steps and chunks.
        let text = String(repeating: "😀é€", count: 20_000)
        let blocks: [UInt8] = Array(text.utf8).chunks(of: 997).flatMap { (bytes: [UInt8]) in storedBlock(bytes) } + [0]
        let bytes = compressedFrames(.text, blocks, sizes: [1, 70_001, 65_535, 7])
        #expect(inflatedEvents(bytes) == [.text(text)])
        #expect(inflatedEvents(bytes, chunk: 1009) == [.text(text)])
    }
}
