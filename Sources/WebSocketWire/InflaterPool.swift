/// What the sockets of one event loop share to inflate with: an inflater, lent for the time of a message, and a chunk
/// of memory. Both are made when first needed, about 70 kB. Used on that loop only.
package final class InflaterPool {
    private var idle: Inflater?
    private var memory: UnsafeMutableBufferPointer<UInt8>?

    package init() {}

    deinit { memory?.deallocate() }

    /// 32 kB where inflated bytes stand until they are checked and added to their message.
    var chunk: UnsafeMutableBufferPointer<UInt8> {
        if let memory { return memory }
        let made = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 15)
        memory = made
        return made
    }

    /// An inflater for any window, to be given back; a new one while the pool's own is out.
    func borrow() -> Inflater {
        defer { idle = nil }
        return idle ?? Inflater(windowBits: 15)
    }

    func giveBack(_ inflater: Inflater) {
        inflater.reset()
        idle = inflater
    }
}
