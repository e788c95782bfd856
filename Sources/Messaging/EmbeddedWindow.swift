import NIOCore
import PluginKit

/// The messages that a stream has now, the oldest first.
struct EmbeddedWindow {
    private struct Entry {
        var message: BusMessage
        var sequence: UInt64 { message.position?.sequence ?? 0 }
        var size: Int
    }

    private var entries = CircularBuffer<Entry>()
    private var bytes = 0
    /// Of the newest message ever appended.
    private(set) var last: UInt64 = 0
    /// For each subject that lost messages, the newest of those.
    private var evicted: [SubjectKey: UInt64] = [:]
    /// Subjects beyond a bound are forgotten: any of them may have lost messages up to here.
    private var forgotten: UInt64 = 0

    private static let evictedBound = 10_000

    /// Returns it as it is kept.
    mutating func append(_ message: BusMessage, time: Int64) -> BusMessage {
        last += 1
        var message = message
        message.position = StreamPosition(sequence: last, time: time)
        // An answer is no longer expected.
        message.reply = nil
        // What an entry costs besides its bytes, roughly.
        let headers = message.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 32 }
        let size = message.payload.count + message.subject.utf8.count + headers + 128
        bytes += size
        entries.append(Entry(message: message, size: size))
        return message
    }

    /// Drops the oldest until the bounds hold.
    mutating func trim(messages: Int, bytes bound: Int, before time: Int64) {
        while let oldest = entries.first,
            entries.count > messages || bytes > bound || oldest.message.position?.time ?? 0 < time
        {
            entries.removeFirst()
            bytes -= oldest.size
            if evicted.count >= Self.evictedBound {
                forgotten = evicted.values.max() ?? forgotten
                evicted = [:]
            }
            evicted[SubjectKey(oldest.message.subject)] = oldest.sequence
        }
    }

    /// Whether messages of `pattern` behind `sequence` are gone.
    func hasLost(_ pattern: String, after sequence: UInt64) -> Bool {
        // What comes next is still there.
        if let first = entries.first?.sequence ?? (last > 0 ? last + 1 : nil), first <= sequence + 1 { return false }
        if forgotten > sequence { return true }
        return evicted.contains { $0.value > sequence && Subject.matches(pattern, $0.key.text) }
    }

    /// At most `count` messages of `pattern` behind `sequence`, and up to where that reaches.
    func read(_ pattern: String, after sequence: UInt64, _ count: Int) -> (messages: [BusMessage], position: UInt64) {
        var found: [BusMessage] = []
        let first = entries.first?.sequence ?? last + 1
        let skipped = sequence >= first ? Int(sequence - first + 1) : 0
        for entry in entries.dropFirst(skipped) where Subject.matches(pattern, entry.message.subject) {
            found.append(entry.message)
            if found.count == count { return (found, entry.sequence) }
        }
        return (found, max(sequence, last))
    }

    /// The sequence behind which the last `count` messages of `pattern` begin.
    func start(ofLast count: Int, _ pattern: String) -> UInt64 {
        var missing = count
        for entry in entries.reversed() where missing > 0 && Subject.matches(pattern, entry.message.subject) {
            missing -= 1
            if missing == 0 { return entry.sequence - 1 }
        }
        return count > 0 ? (entries.first?.sequence ?? last + 1) - 1 : last
    }

    /// The last message of each subject that `pattern` covers, in order.
    func lastPerSubject(_ pattern: String) -> [BusMessage] {
        var newest: [SubjectKey: BusMessage] = [:]
        for entry in entries where Subject.matches(pattern, entry.message.subject) {
            newest[SubjectKey(entry.message.subject)] = entry.message
        }
        return newest.values.sorted { ($0.position?.sequence ?? 0) < ($1.position?.sequence ?? 0) }
    }
}
