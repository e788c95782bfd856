package import Dispatch
import Glibc
import Synchronization

/// Writes log lines to a descriptor from a queue of its own, so that a slow terminal or pipe never holds up an event loop.
///
/// Lines that find no room are dropped and counted; the count is written where they would have stood.
package final class LogSink: Sendable {
    private struct State {
        var waiting: [UInt8] = []
        var droppedSinceReport = 0
        var dropped = 0
        var isScheduled = false
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "switchyard.log")
    private let descriptor: Int32
    private let capacity: Int

    /// - Parameters:
    ///   - descriptor: stays the caller's; never closed here.
    ///   - capacity: bytes that may wait.
    package init(descriptor: Int32, capacity: Int = 4 << 20) {
        self.descriptor = descriptor
        self.capacity = capacity
    }

    /// Lines dropped since the start.
    package var droppedLines: Int { state.withLock { $0.dropped } }

    /// Adds a line, which ends in a newline. Any thread.
    package func write(_ line: some Collection<UInt8>) {
        let mustSchedule = state.withLock { state in
            if state.waiting.count + line.count > capacity {
                state.dropped += 1
                state.droppedSinceReport += 1
                return false
            }
            state.waiting.append(contentsOf: line)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        // Lines of the next few milliseconds go out in the same write.
        if mustSchedule { queue.asyncAfter(deadline: .now() + .milliseconds(5)) { self.drain() } }
    }

    /// Writes what waits; returns when it is written, or when nobody reads and the time is over.
    package func flush(within time: DispatchTimeInterval = .seconds(1)) {
        let isDone = DispatchSemaphore(value: 0)
        queue.async {
            self.drain()
            isDone.signal()
        }
        _ = isDone.wait(timeout: .now() + time)
    }

    private func drain() {
        let (bytes, dropped) = state.withLock { state in
            defer {
                state.waiting.removeAll()
                state.droppedSinceReport = 0
                state.isScheduled = false
            }
            return (state.waiting, state.droppedSinceReport)
        }
        writeAll(bytes)
        if dropped > 0 { writeAll(Array("switchyard: \(dropped) log lines dropped: the reader was too slow\n".utf8)) }
    }

    private func writeAll(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written > 0 {
                    rest = rest.dropFirst(written)
                } else if errno == EAGAIN {
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&waiting, 1, 1000)
                } else if errno != EINTR {
                    return  // Nobody reads the log any more.
                }
            }
        }
    }
}
