/// What this server offers of permessage-deflate (RFC 7692).
package struct CompressionSettings: Sendable, Hashable {
    package var isEnabled: Bool
    /// Whether a socket may keep its window from one message to the next: smaller messages, for zlib state per socket
    /// (about 38 kB to send and 11 kB to receive), and what is sent to it is compressed for it alone.
    package var allowsTakeover: Bool
    /// The base-2 logarithm of the window that is compressed with, 9 to 15.
    package var maxWindowBits: Int
    /// zlib's level: 1 is fastest, 9 smallest.
    package var level: Int
    /// Messages of fewer bytes are sent as they are.
    package var threshold: Int

    /// The window of sockets that keep theirs, at most: 4 kB.
    static let takeoverWindowBits = 12

    package init(
        isEnabled: Bool = true, allowsTakeover: Bool = false, maxWindowBits: Int = 15, level: Int = 6,
        threshold: Int = 128
    ) {
        self.isEnabled = isEnabled
        self.allowsTakeover = allowsTakeover
        self.maxWindowBits = maxWindowBits
        self.level = level
        self.threshold = threshold
    }
}
