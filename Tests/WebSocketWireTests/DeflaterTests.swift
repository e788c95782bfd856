import Testing
import WebSocketWire

@Suite struct DeflaterTests {
    private static let wide = DeflateEncoding(windowBits: 15)
    private static let hellos = Array("Hello, Hello, Hello, Hello".utf8)

    private func frames(_ deflater: Deflater, _ payloads: [[UInt8]], mask: MaskingKey? = nil) -> [UInt8] {
        var bytes: [UInt8] = []
        for payload in payloads { deflater.append(.binary, payload: payload, mask: mask, to: &bytes) }
        return bytes
    }

    @Test func theFrame() {
        // What Python's zlib makes of it: compressobj(6, DEFLATED, -15, 8), a sync flush, the tail cut off.
        let data: [UInt8] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0xD7, 0x51, 0xF0, 0xC0, 0xA4, 0x00, 0x00]
        var bytes: [UInt8] = [1, 2, 3]
        let deflater = Deflater(Self.wide)
        #expect(deflater.append(.text, payload: Self.hellos, to: &bytes))
        #expect(bytes == [1, 2, 3, 0xC1, UInt8(data.count)] + data)
        // The next is the same: there is no takeover.
        #expect(deflater.append(.text, payload: Self.hellos, to: &bytes))
        #expect(Array(bytes[17...]) == [0xC1, UInt8(data.count)] + data)
    }

    @Test func aKeptWindowMakesTheNextSmaller() {
        let deflater = Deflater(DeflateEncoding(windowBits: 12), keepsWindow: true)
        let first = frames(deflater, [Self.hellos])
        let second = frames(deflater, [Self.hellos])
        #expect(second.count < first.count)
        var reader = inflatingReader(role: .client, keptWindowBits: 12)
        #expect(reader.events([first, second]) == [.binary(Self.hellos), .binary(Self.hellos)])
    }

    @Test func whatIsNotSmallerStaysPlain() {
        let noise = (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ ($0 &* $0) >> 3) }
        for payload in [[], [1], Array("Hello".utf8), noise] as [[UInt8]] {
            var bytes: [UInt8] = []
            #expect(!Deflater(Self.wide).append(.binary, payload: payload, to: &bytes))
            #expect(bytes == FrameWriter.frame(.binary, payload: payload))
        }
    }

    @Test(arguments: [(25, true), (26, true), (27, false)])
    func threshold(_ threshold: Int, _ isCompressed: Bool) {
        var bytes: [UInt8] = []
        let deflater = Deflater(DeflateEncoding(windowBits: 15, threshold: threshold))
        #expect(deflater.append(.binary, payload: Self.hellos, to: &bytes) == isCompressed)
        #expect((bytes[0] & 0x40 != 0) == isCompressed)
    }

    /// What was sent plain is not in the client's window, so later messages must not refer to it.
    @Test func aPlainMessageIsForgotten() {
        let noise = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 5 ^ $0 &* 37) }
        let deflater = Deflater(DeflateEncoding(windowBits: 12), keepsWindow: true)
        let payloads = [Self.hellos, Array(noise[..<40]), Array(noise[..<40]) + Self.hellos + Self.hellos, Self.hellos]
        var reader = inflatingReader(role: .client, keptWindowBits: 12)
        #expect(reader.events([frames(deflater, payloads)]) == payloads.map { .binary($0) })
    }

    @Test(arguments: [125, 126, 127, 65_535, 65_536, 300_000])
    func headersOfAnyLength(_ count: Int) {
        // Compressible enough to need a shorter header than the payload would, or none shorter.
        for modulus in [2, 97, 251] {
            let payload = (0..<count).map { UInt8(($0 * $0 / 7 + $0) % modulus) }
            for mask in [nil, testMask] {
                let bytes = frames(Deflater(Self.wide), [payload, payload], mask: mask)
                var reader = inflatingReader(role: mask == nil ? .client : .server)
                #expect(reader.events([bytes]) == [.binary(payload), .binary(payload)])
            }
        }
    }

    /// Whatever the window agreed on, a client with just that window can read it.
    @Test(arguments: 9...15)
    func staysInItsWindow(_ bits: Int) {
        let payload = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* ($0 >> 9) >> 3 & 0x0F) }
        for level in [1, 6, 9] {
            let deflater = Deflater(DeflateEncoding(windowBits: bits, level: level), keepsWindow: true)
            var reader = inflatingReader(role: .client, keptWindowBits: bits)
            let bytes = frames(deflater, [payload, payload])
            #expect(bytes.count < payload.count)
            #expect(reader.events([bytes]) == [.binary(payload), .binary(payload)])
        }
    }
}
