import TestSupport
import Testing
import WebSocketWire

/// Random frames and random bytes, from fixed seeds.
@Suite struct FramePropertyTests {
    static let alphabet = Array("aZ09 éßж€漢字😀𐍈\u{0}\u{7FF}\u{800}\u{FFFF}\u{10FFFF}")

    /// A message, the frames a client might send it in (with control frames between), and the events that must come.
    private static func message(using random: inout SeededGenerator) -> (bytes: [UInt8], events: [FrameEvent]) {
        let isText = Bool.random(using: &random)
        let size = [0, 3, 40, 125, 126, 700, 70_000].randomElement(using: &random) ?? 0
        let count = Int.random(in: 0...size, using: &random)
        let payload =
            isText
            ? Array(String((0..<count / 3).map { _ in alphabet.randomElement(using: &random) ?? "a" }).utf8)
            : random.bytes(count)
        var bytes: [UInt8] = []
        var events: [FrameEvent] = []
        var rest = payload[...]
        var opcode: Opcode = isText ? .text : .binary
        while true {
            let isFinal = Int.random(in: 0..<3, using: &random) == 0
            let piece = isFinal ? rest : rest.prefix(Int.random(in: 0...rest.count, using: &random))
            let mask = MaskingKey(word: .random(in: .min ... .max, using: &random))
            FrameWriter.append(opcode, payload: Array(piece), isFinal: isFinal, mask: mask, to: &bytes)
            if isFinal { break }
            rest = rest.dropFirst(piece.count)
            opcode = .continuation
            if Bool.random(using: &random) {
                let body = random.bytes(Int.random(in: 0...125, using: &random))
                FrameWriter.append(.ping, payload: body, mask: mask, to: &bytes)
                events.append(.ping(body))
            }
        }
        return (bytes, events + [.message(kind: isText ? .text : .binary, payload: payload)])
    }

    /// Cuts into pieces of random length.
    private static func cut(_ bytes: [UInt8], using random: inout SeededGenerator) -> [[UInt8]] {
        let most = [1, 2, 7, 100, 5000].randomElement(using: &random) ?? 1
        var chunks: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + Int.random(in: 1...most, using: &random))
            chunks.append(Array(bytes[start..<end]))
            start = end
        }
        return chunks
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func whatIsWrittenIsRead(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var reader = FrameReader(role: .server, maxMessageSize: 1 << 20)
        for _ in 0..<10 {
            let (bytes, expected) = Self.message(using: &random)
            #expect(reader.events(Self.cut(bytes, using: &random)) == expected)
            #expect(reader.heldBytes == 0)
        }
    }

    @Test(arguments: 100..<120 as Range<UInt64>)
    func randomBytesAreReadTheSameInAnyPieces(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            var bytes = random.bytes(Int.random(in: 0...400, using: &random))
            // Most random headers are refused at once: make the first ones plausible.
            if bytes.count > 2 && Bool.random(using: &random) {
                bytes[0] = UInt8.random(in: 0...2, using: &random) | (Bool.random(using: &random) ? 0x80 : 0)
                bytes[1] |= 0x80
            }
            let whole = events(bytes, maxMessageSize: 300)
            var reader = FrameReader(role: .server, maxMessageSize: 300)
            #expect(reader.events(Self.cut(bytes, using: &random)) == whole)
            for case .message(_, let payload) in whole { #expect(payload.count <= 300) }
        }
    }

    @Test(arguments: 200..<220 as Range<UInt64>)
    func damagedFramesAreReadTheSameInAnyPieces(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<10 {
            var bytes = Self.message(using: &random).bytes
            for _ in 0..<3 {
                let index = min(bytes.count - 1, Int.random(in: 0..<200, using: &random))
                bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            let whole = events(bytes, maxMessageSize: 80_000)
            var reader = FrameReader(role: .server, maxMessageSize: 80_000)
            #expect(reader.events(Self.cut(bytes, using: &random)) == whole)
            for case .message(.text, let payload) in whole {
                #expect(String(validating: payload, as: UTF8.self) != nil)
            }
        }
    }

    @Test func memoryGrowsWithWhatArrivesOnly() {
        // A header that announces 1 GB, and 1,000 bytes of it: nothing near 1 GB may be set aside.
        var reader = FrameReader(role: .server, maxMessageSize: 1 << 30)
        let header = FrameWriter.header(.binary, payloadCount: 1 << 30, mask: testMask)
        #expect(reader.events([Array(header), [UInt8](repeating: 0, count: 1000)]).isEmpty)
        #expect(reader.heldBytes >= 1000 && reader.heldBytes <= 4096)
        var small = FrameReader(role: .server, maxMessageSize: 1 << 20)
        #expect(small.events([frame(.binary, [UInt8](repeating: 0, count: 50_000))]).count == 1)
        #expect(small.heldBytes == 0)
        #expect(small.events([frame(.text, "a", isFinal: false), frame(.close)]).count == 1)
        #expect(small.heldBytes == 0)
        var broken = FrameReader(role: .server, maxMessageSize: 10)
        #expect(broken.events([frame(.text, "a", isFinal: false), [0xFF]]).count == 1)
        #expect(broken.heldBytes == 0)
    }
}
