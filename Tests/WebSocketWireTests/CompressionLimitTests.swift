import Testing
import WebSocketWire

/// Bounds on what compressed messages may cost.
@Suite struct CompressionLimitTests {
    /// Two million zeros in about 2 kB.
    private static let bomb = Deflater(DeflateEncoding(windowBits: 15)).compressed(
        [UInt8](repeating: 0, count: 2_000_000))!

    @Test func theLimitIsForInflatedBytes() throws {
        #expect(Self.bomb.count < 3000)
        let bytes = compressedFrame(.binary, Self.bomb)
        #expect(inflatedEvents(bytes, maxMessageSize: 1_999_999).map(\.violation) == [1009])
        var reader = inflatingReader(maxMessageSize: 2_000_000)
        let events = reader.events(bytes.chunks(of: 100))
        guard case .message(_, let payload) = try #require(events.first) else { throw Failure() }
        #expect(payload.count == 2_000_000)
        #expect(payload.capacity < 2_000_000 + 1 << 15, "no room for more than the limit and a chunk")
        #expect(reader.heldBytes == 0)
    }

    private struct Failure: Error {}

    @Test func dataMayBeLargerThanItsMessage() {
        // Blocks without compression and empty ones do not count, only what they hold.
        let payload = (0..<100).flatMap { (byte: UInt8) -> [UInt8] in storedBlock([byte]) + storedBlock([]) } + [0]
        #expect(inflatedEvents(compressedFrame(.binary, payload), maxMessageSize: 100).first?.violation == nil)
        #expect(inflatedEvents(compressedFrame(.binary, payload), maxMessageSize: 99).map(\.violation) == [1009])
        #expect(inflatedEvents(compressedFrame(.binary, compressedHello), maxMessageSize: 5).first?.violation == nil)
        #expect(inflatedEvents(compressedFrame(.binary, compressedHello), maxMessageSize: 4).map(\.violation) == [1009])
        #expect(inflatedEvents(compressedFrame(.binary, [0]), maxMessageSize: 0) == [.binary([])])
    }

    @Test func theFirstBrokenRuleCounts() {
        // 1,000 bytes are allowed: a bad one among them is found first, one behind them is not looked at.
        let zeros = [UInt8](repeating: 48, count: 999)
        let early = storedBlock(zeros + [0xFF] + zeros) + [0]
        let late = storedBlock(zeros + [48, 0xFF] + zeros) + [0]
        #expect(inflatedEvents(compressedFrame(.text, early), maxMessageSize: 1000).map(\.violation) == [1007])
        #expect(inflatedEvents(compressedFrame(.text, late), maxMessageSize: 1000).map(\.violation) == [1009])
        // Corrupt only where the limit is passed already.
        let corrupt = storedBlock(zeros + zeros) + [0x06]
        #expect(inflatedEvents(compressedFrame(.text, corrupt), maxMessageSize: 1000).map(\.violation) == [1009])
    }

    @Test func aBombInFragmentsIsStoppedBeforeItsEnd() {
        var reader = inflatingReader(maxMessageSize: 1 << 20)
        let bomb = [[UInt8]](repeating: Self.bomb + [0, 0, 0xFF, 0xFF], count: 64).flatMap(\.self)
        var sent = 0
        for piece in bomb.chunks(of: 1000) {
            let events = reader.events([
                sent == 0
                    ? compressedFrame(.binary, piece, isFinal: false) : frame(.continuation, piece, isFinal: false)
            ])
            sent += piece.count
            #expect(reader.heldBytes <= 1 << 17)
            if let event = events.first {
                #expect(event.violation == 1009)
                break
            }
        }
        #expect(sent < bomb.count && sent <= 1 << 16 + 1000)
        #expect(reader.heldBytes == 0)
    }

    @Test func aMessageThatTricklesInHoldsWhatWasSent() {
        var reader = inflatingReader(maxMessageSize: 1 << 24)
        #expect(reader.events([compressedFrame(.binary, Self.bomb, isFinal: false)]).isEmpty)
        #expect(reader.heldBytes >= Self.bomb.count && reader.heldBytes < 2 * Self.bomb.count)
        #expect(reader.events([frame(.continuation, [])]).count == 1)
        #expect(reader.heldBytes == 0)
    }

    @Test func manySocketsShareAPool() {
        // Each in the middle of a message too large for one step: they hold inflaters of their own.
        let pool = InflaterPool()
        let parts: [[UInt8]] = (0..<40).map { [UInt8](repeating: $0, count: 5000) }
        let payload: [UInt8] = parts.flatMap { (part: [UInt8]) in storedBlock(part) } + [0]
        let expected = FrameEvent.binary(parts.flatMap(\.self))
        let bytes = compressedFrame(.binary, payload)
        var readers = (0..<8).map { _ in inflatingReader(pool: pool) }
        for piece in bytes.chunks(of: 30_011) {
            for index in readers.indices {
                let events = readers[index].events([piece])
                #expect(events.isEmpty || events == [expected])
            }
        }
        #expect(readers.allSatisfy { $0.heldBytes == 0 })
        for index in readers.indices {
            // A broken one gives back an inflater that is as good as new.
            #expect(readers[index].events([compressedFrame(.binary, [0x06])]).map(\.violation) == [1007])
            var next = inflatingReader(pool: pool)
            #expect(next.events([compressedFrame(.text, compressedHello)]) == [.text("Hello")])
        }
    }
}
