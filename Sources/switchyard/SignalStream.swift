import Dispatch
import Glibc
import Synchronization

/// Unix signals as a stream. The process no longer dies of them.
///
/// A handler writes the number to a pipe, which works whatever thread the signal lands on and whatever that thread
/// blocks.
struct SignalStream {
    let stream: AsyncStream<Int32>

    /// One stream in a process.
    init(_ signals: [Int32]) {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0, "no descriptors are left for a pipe")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        signalPipe.store(ends[1], ordering: .releasing)
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.stream = stream
        let reader = ends[0]
        DispatchQueue(label: "switchyard.signals").async {
            var number: UInt8 = 0
            while read(reader, &number, 1) != 0 {
                if endsAtOnce.load(ordering: .acquiring), Int32(number) != SIGHUP { _exit(130) }
                continuation.yield(Int32(number))
            }
        }
        for number in signals { signal(number, noteSignal) }
    }

    /// From now on the next signal to stop ends the process at once: for whoever does not want to wait for a drain.
    func exitOnNext() { endsAtOnce.store(true, ordering: .releasing) }
}

private let signalPipe = Atomic<Int32>(-1)
private let endsAtOnce = Atomic(false)

/// Runs inside the signal handler: nothing but a write.
private func noteSignal(_ number: Int32) {
    let before = errno
    var byte = UInt8(truncatingIfNeeded: number)
    _ = write(signalPipe.load(ordering: .acquiring), &byte, 1)
    errno = before
}
