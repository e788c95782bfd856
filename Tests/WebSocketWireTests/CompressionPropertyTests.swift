import TestSupport
import Testing
import WebSocketWire

/// Random messages and random damage, from fixed seeds.
@Suite struct CompressionPropertyTests {
    private static let words = ["alpha", "beta ", "{\"id\":", "}", ",", "😀", "é", "0", "17", "true", "\n", "€uro"]

    private static func payload(_ random: inout SeededGenerator) -> (opcode: Opcode, bytes: [UInt8]) {
        let count = random.pick([0, 1, 5, 30, 200, 3000, 60_000])
        if random.below(4) == 0 { return (.binary, random.bytes(random.below(2 * count + 1))) }
        return (.text, Array((0..<random.below(count + 1)).map { _ in random.pick(words) }.joined().utf8))
    }

    private static func cut(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [[UInt8]] {
        let most = random.pick([1, 3, 50, 4000, 100_000])
        var pieces: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + 1 + random.below(most))
            pieces.append(Array(bytes[start..<end]))
            start = end
        }
        return pieces
    }

    /// A client's message, compressed in fragments or as the deflater decides.
    private static func message(
        _ deflater: Deflater, _ random: inout SeededGenerator
    ) -> (bytes: [UInt8], event: FrameEvent) {
        let (opcode, payload) = payload(&random)
        let event = FrameEvent.message(kind: opcode == .text ? .text : .binary, payload: payload)
        var frames: [UInt8] = []
        if random.below(2) == 0 {
            deflater.append(opcode, payload: payload, mask: testMask, to: &frames)
        } else if let data = deflater.compressed(payload) {
            let sizes = (0..<random.below(4)).map { _ in random.below(data.count / 2 + 1) }
            frames = compressedFrames(opcode, data, sizes: sizes)
        } else {
            frames = frame(opcode, payload)
        }
        return (frames, event)
    }

    @Test(arguments: 0..<24 as Range<UInt64>)
    func whatIsCompressedIsRead(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let bits = 9 + random.below(7)
        let keeps = random.below(2) == 0
        let encoding = DeflateEncoding(windowBits: bits, level: 1 + random.below(9), threshold: random.pick([0, 100]))
        let deflater = Deflater(encoding, keepsWindow: keeps)
        var reader = inflatingReader(keptWindowBits: keeps ? bits : nil)
        for _ in 0..<8 {
            let (bytes, event) = Self.message(deflater, &random)
            #expect(reader.events(Self.cut(bytes, &random)) == [event])
            #expect(reader.heldBytes == 0)
        }
    }

    @Test(arguments: 100..<124 as Range<UInt64>)
    func damageIsReadTheSameInAnyPieces(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let deflater = Deflater(DeflateEncoding(windowBits: 15))
        for _ in 0..<8 {
            var bytes: [UInt8] = []
            for _ in 0..<3 { bytes += Self.message(deflater, &random).bytes + frame(.ping, [7]) }
            for _ in 0..<(1 + random.below(3)) {
                bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
            }
            let limit = random.pick([100, 5000, 200_000])
            let whole = inflatedEvents(bytes, maxMessageSize: limit)
            var reader = inflatingReader(maxMessageSize: limit)
            #expect(reader.events(Self.cut(bytes, &random)) == whole)
            for case .message(let kind, let payload) in whole {
                #expect(payload.count <= limit)
                if kind == .text { #expect(String(validating: payload, as: UTF8.self) != nil) }
            }
        }
    }

    @Test(arguments: 200..<216 as Range<UInt64>)
    func randomDataIsReadTheSameInAnyPieces(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let bytes = compressedFrame(.binary, random.bytes(random.below(300))) + frame(.text, "a")
            let whole = inflatedEvents(bytes, maxMessageSize: 1000)
            var reader = inflatingReader(maxMessageSize: 1000)
            #expect(reader.events(Self.cut(bytes, &random)) == whole)
            #expect(whole.count <= 2)
        }
    }
}
