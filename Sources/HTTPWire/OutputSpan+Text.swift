/// Writing into room that was made before: no piece asks again whether the array is its own and large enough.
extension OutputSpan<UInt8> {
    /// Copies `span` behind what is there; traps if there is no room.
    @inline(__always)
    mutating func append(_ span: Span<UInt8>) {
        span.withUnsafeBufferPointer { append(copying: $0) }
    }

    @inline(__always)
    mutating func append(_ text: StaticString) {
        append(copying: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// The digits of a number from 0 up.
    mutating func append(decimal value: Int64) {
        if value >= 10 { append(decimal: value / 10) }
        append(UInt8(truncatingIfNeeded: 0x30 &+ value % 10))
    }

    private mutating func append(copying source: UnsafeBufferPointer<UInt8>) {
        guard let from = source.baseAddress, !source.isEmpty else { return }
        precondition(source.count <= freeCapacity, "room was made for all pieces")
        withUnsafeMutableBufferPointer { buffer, count in
            // Within the buffer, as checked above; a base address is there since its capacity is above 0.
            (buffer.baseAddress! + count).initialize(from: from, count: source.count)
            count += source.count
        }
    }
}

extension Array<UInt8> {
    /// Appends at most `count` bytes that `body` writes; nothing if it throws.
    ///
    /// Grows in steps: to make room for the byte each time would copy a buffer of many responses again and again.
    @inline(__always)
    mutating func write<E: Error>(
        atMost count: Int, _ body: (inout OutputSpan<UInt8>) throws(E) -> Void
    ) throws(E) {
        let start = self.count
        if capacity &- start < count { reserveCapacity(Swift.max(start &+ count, capacity &* 2)) }
        do throws(E) {
            try append(addingCapacity: count) { (out: inout OutputSpan<UInt8>) throws(E) in try body(&out) }
        } catch {
            removeSubrange(start...)
            throw error
        }
    }

    /// Copies `span` behind what is there, in one go.
    mutating func append(_ span: Span<UInt8>) {
        span.withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}
