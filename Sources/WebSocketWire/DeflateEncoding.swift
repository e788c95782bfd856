/// How messages are compressed. Sockets of the same encoding, none of them with context takeover, share the frames.
package struct DeflateEncoding: Sendable, Hashable {
    /// The base-2 logarithm of the window, 9 to 15. zlib turns 8 into 9, which a raw stream does not announce.
    package let windowBits: Int
    /// zlib's level, 1 to 9.
    package let level: Int
    /// Messages of fewer bytes are sent as they are.
    package let threshold: Int

    package init(windowBits: Int, level: Int = 6, threshold: Int = 0) {
        precondition(9...15 ~= windowBits && 1...9 ~= level, "windows have 9 to 15 bits, levels go from 1 to 9")
        self.windowBits = windowBits
        self.level = level
        self.threshold = threshold
    }
}
