extension Span where Element == UInt8 {
    /// Whether the bytes begin with those of `prefix`.
    func starts(with prefix: [UInt8]) -> Bool { count >= prefix.count && has(prefix, at: 0) }

    /// Whether the bytes end with those of `suffix`.
    func ends(with suffix: [UInt8]) -> Bool { count >= suffix.count && has(suffix, at: count - suffix.count) }

    private func has(_ bytes: [UInt8], at offset: Int) -> Bool {
        for index in bytes.indices where self[offset + index] != bytes[index] { return false }
        return true
    }

    func contains(_ byte: UInt8) -> Bool {
        for index in indices where self[index] == byte { return true }
        return false
    }

    /// The bytes as text, wrong UTF-8 repaired with U+FFFD.
    func text() -> String { withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) } }

    func bytes(_ range: Range<Int>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        for index in range { bytes.append(self[index]) }
        return bytes
    }
}
