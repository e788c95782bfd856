import TestSupport
import Testing
import WebSocketWire

@Suite struct UTF8ValidatorTests {
    /// Whether the bytes, given in pieces of `chunk`, are valid and complete.
    private func isValid(_ bytes: [UInt8], chunk: Int = .max) -> Bool {
        var validator = UTF8Validator()
        for piece in bytes.chunks(of: chunk) where !validator.consume(piece.span) { return false }
        return validator.isComplete
    }

    /// The index of the first byte refused, or nil.
    private func firstBad(_ bytes: [UInt8]) -> Int? {
        var validator = UTF8Validator()
        return bytes.indices.first { !validator.consume([bytes[$0]].span) }
    }

    @Test(
        arguments: [
            ([0xC0, 0x80], 0), ([0xC1, 0xBF], 0), ([0xC2, 0x7F], 1), ([0xC2, 0xC2], 1), ([0x80], 0), ([0xBF], 0),
            ([0xE0, 0x9F, 0xBF], 1), ([0xE0, 0xA0, 0x7F], 2), ([0xED, 0xA0, 0x80], 1), ([0xEF, 0xBF, 0xC0], 2),
            ([0xF0, 0x8F, 0xBF, 0xBF], 1), ([0xF0, 0x90, 0x80, 0x7F], 3), ([0xF4, 0x90, 0x80, 0x80], 1),
            ([0xF5, 0x80, 0x80, 0x80], 0), ([0xFF], 0), ([0x61, 0xFE], 1), ([0xE2, 0x82, 0xAC, 0xAC], 3),
        ] as [([UInt8], Int)])
    func refusesAtTheFirstBadByte(_ bytes: [UInt8], _ index: Int) {
        #expect(firstBad(bytes) == index)
        #expect(!isValid(bytes))
    }

    @Test(
        arguments: [
            [], [0x00], [0x7F], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80],
            [0xEF, 0xBF, 0xBF], [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF],
        ] as [[UInt8]])
    func acceptsTheEdges(_ bytes: [UInt8]) {
        #expect(isValid(bytes))
        #expect(isValid(bytes, chunk: 1))
    }

    @Test(arguments: [[0xC2], [0xE2, 0x82], [0xF0, 0x9F, 0x98]] as [[UInt8]])
    func waitsForTheRestOfACharacter(_ bytes: [UInt8]) {
        #expect(firstBad(bytes) == nil)
        #expect(!isValid(bytes))
    }

    /// Every pair of bytes that is not ASCII, and what may follow a leading byte.
    @Test func agreesWithTheStandardLibraryOnShortSequences() {
        var wrong: [[UInt8]] = []
        func check(_ bytes: [UInt8]) {
            if isValid(bytes) != (String(validating: bytes, as: UTF8.self) != nil) { wrong.append(bytes) }
        }
        for first in UInt8(0x7F) ... .max {
            for second in UInt8.min ... .max {
                check([first, second])
                if first >= 0xE0 { check([first, second, 0x80, 0x41]) }
                if first >= 0xF0 { check([first, second, 0x80, 0x80]) }
            }
            for third in UInt8.min ... .max { check([first, 0xA0, third, 0x41]) }
        }
        #expect(wrong.isEmpty)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func agreesWithTheStandardLibraryOnRandomText(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let length = Int.random(in: 0...120, using: &random)
            // Long runs of ASCII, so that a stray byte meets every place of the wide loops; or hardly any.
            let odds = Bool.random(using: &random) ? 20 : 2
            let text = (0..<length).map { _ in
                Int.random(in: 0..<odds, using: &random) == 0
                    ? FramePropertyTests.alphabet.randomElement(using: &random) ?? "a" : "a"
            }
            var bytes = Array(String(text).utf8)
            if !bytes.isEmpty && Bool.random(using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0x70 ... .max, using: &random)
            }
            let expected = String(validating: bytes, as: UTF8.self) != nil
            #expect(isValid(bytes) == expected, "\(bytes)")
            #expect(isValid(bytes, chunk: Int.random(in: 1...40, using: &random)) == expected, "\(bytes)")
        }
    }
}
