import TestSupport

/// Bytes that HTTP parsers trip over.
private let nasty: [UInt8] = wire("\r\n\r\n: \t,;\"0159aAfF/?#*@[]%\u{0}\u{1}\u{7F}\u{80}\u{FF}")

/// `bytes` with a few small changes.
func mutated(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
    mutated(bytes, with: nasty, using: &generator)
}
