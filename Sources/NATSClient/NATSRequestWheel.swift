/// Who waits for an answer, found by number and by deadline in constant time each.
///
/// A hashed timing wheel: a number carries the slot of its deadline in its low bits, so one dictionary access finds,
/// adds or removes an entry, and a tick looks at one slot. A deadline more than a turn away stays in its slot and is
/// passed over until its tick has come.
package struct NATSRequestWheel<Value> {
    private static var slotBits: UInt64 { 8 }
    private static var slotMask: UInt64 { 1 << slotBits - 1 }

    private var slots: [[UInt64: (deadline: UInt64, value: Value)]] = Array(repeating: [:], count: 256)
    private var lastNumber: UInt64 = 0
    /// The last tick that was looked at.
    private var tick: UInt64
    package private(set) var count = 0

    package init(tick: UInt64) { self.tick = tick }

    /// Returns the number of the entry.
    package mutating func insert(_ value: Value, deadline: UInt64, now: UInt64) -> UInt64 {
        // An idle wheel has slept: nothing in it can be due before now.
        if count == 0 { tick = max(tick, now) }
        let deadline = max(deadline, tick + 1)
        lastNumber += 1
        let number = lastNumber << Self.slotBits | deadline & Self.slotMask
        slots[Int(deadline & Self.slotMask)][number] = (deadline, value)
        count += 1
        return number
    }

    package mutating func remove(_ number: UInt64) -> Value? {
        guard let entry = slots[Int(number & Self.slotMask)].removeValue(forKey: number) else { return nil }
        count -= 1
        return entry.value
    }

    /// Takes out what was due at `now` or before.
    package mutating func expire(now: UInt64) -> [Value] {
        var expired: [Value] = []
        // A loop that was held up looks at each slot once at most.
        var next = max(tick + 1, now > Self.slotMask ? now - Self.slotMask : 0)
        while next <= now {
            let slot = Int(next & Self.slotMask)
            for (number, entry) in slots[slot] where entry.deadline <= now {
                slots[slot][number] = nil
                expired.append(entry.value)
            }
            next += 1
        }
        tick = max(tick, now)
        count -= expired.count
        return expired
    }

    package mutating func removeAll() -> [Value] {
        let values = slots.flatMap { $0.values.map(\.value) }
        for slot in slots.indices { slots[slot] = [:] }
        count = 0
        return values
    }
}
