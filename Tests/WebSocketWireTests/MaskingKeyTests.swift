import TestSupport
import Testing
import WebSocketWire

@Suite struct MaskingKeyTests {
    /// Byte by byte, as RFC 6455 §5.3 writes it.
    private func slow(_ bytes: [UInt8], from phase: Int = 0) -> [UInt8] {
        let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        return bytes.indices.map { bytes[$0] ^ key[($0 + phase) % 4] }
    }

    @Test func everyLengthAndStart() {
        var random = SeededGenerator(seed: 1)
        let bytes = random.bytes(200)
        for start in 0..<40 {
            for end in start...(start + 100) {
                let piece = Array(bytes[start..<end])
                var copy: [UInt8] = []
                testMask.append(bytes.span.extracting(start..<end), to: &copy)
                #expect(copy == slow(piece))
                var inPlace = Array(bytes[..<end])
                testMask.apply(to: &inPlace, from: start)
                #expect(inPlace == bytes[..<start] + slow(piece))
            }
        }
    }

    @Test(arguments: 0..<9)
    func goesOnAfterAnyCount(_ count: Int) {
        var bytes = [UInt8](repeating: 0x55, count: 40)
        let expected = slow(bytes, from: count)
        testMask.advanced(by: count).apply(to: &bytes)
        #expect(bytes == expected)
    }

    @Test func noneChangesNothing() {
        var bytes: [UInt8] = [1, 2, 3]
        MaskingKey.none.apply(to: &bytes)
        MaskingKey.none.append([4].span, to: &bytes)
        #expect(bytes == [1, 2, 3, 4])
    }
}
