/// The literal edges of a trie in one hash table: from a node by the bytes of a segment to the next node.
///
/// Built once from the configuration, then only read. Open addressing, at most half full.
struct EdgeTable: Sendable {
    private var edges: [Edge] = []
    private var bytes: [UInt8] = []
    /// Indexes into `edges`, -1 where free. The count is a power of two.
    private var slots: [Int32] = [-1, -1]

    private struct Edge {
        let hash: UInt64
        let parent: Int32
        let child: Int32
        let start: Int32
        let count: Int32
    }

    /// Where the hash of a segment below `parent` starts; `step` adds a byte. FNV-1a.
    static func seed(_ parent: Int) -> UInt64 {
        (0xcbf2_9ce4_8422_2325 ^ UInt64(truncatingIfNeeded: parent)) &* 0x0000_0100_0000_01b3
    }

    static func step(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }

    /// The node that the bytes in `range` lead to from `parent`; -1 if none. Does not allocate.
    func child(of parent: Int, hash: UInt64, _ path: Span<UInt8>, _ range: Range<Int>) -> Int {
        var slot = Self.slot(hash, count: slots.count)
        while slots[slot] >= 0 {
            let edge = edges[Int(slots[slot])]
            if edge.hash == hash, edge.parent == Int32(truncatingIfNeeded: parent), Int(edge.count) == range.count,
                has(Int(edge.start), path, range)
            {
                return Int(edge.child)
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return -1
    }

    /// As `child`, for a segment that stands alone.
    func child(of parent: Int, _ segment: [UInt8]) -> Int {
        child(of: parent, hash: segment.reduce(Self.seed(parent), Self.step), segment.span, segment.indices)
    }

    /// Adds an edge that is not there yet.
    mutating func insert(parent: Int, _ segment: [UInt8], child: Int) {
        edges.append(
            Edge(
                hash: segment.reduce(Self.seed(parent), Self.step), parent: Int32(parent), child: Int32(child),
                start: Int32(bytes.count), count: Int32(segment.count)))
        bytes += segment
        if edges.count * 2 > slots.count {
            slots = Array(repeating: -1, count: slots.count * 2)
            for index in edges.indices { place(index) }
        } else {
            place(edges.count - 1)
        }
    }

    private mutating func place(_ index: Int) {
        var slot = Self.slot(edges[index].hash, count: slots.count)
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Int32(index)
    }

    /// FNV's low bits are weak for short keys; the high bits of a product with the golden ratio are not.
    private static func slot(_ hash: UInt64, count: Int) -> Int {
        Int(truncatingIfNeeded: (hash &* 0x9e37_79b9_7f4a_7c15) >> 32) & (count - 1)
    }

    private func has(_ start: Int, _ path: Span<UInt8>, _ range: Range<Int>) -> Bool {
        for offset in 0..<range.count where bytes[start + offset] != path[range.lowerBound + offset] { return false }
        return true
    }
}
