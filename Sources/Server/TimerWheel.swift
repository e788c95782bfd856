import NIOCore

/// Something with a deadline, one of thousands: see `TimerWheel`.
protocol TimerClient: AnyObject, SendableMetatype {
    var timer: TimerState { get set }
    func deadlineReached()
}

/// A client's place in the wheel. Seconds are of the monotonic clock.
struct TimerState {
    var deadline: Int64 = .max
    fileprivate var bucket: Int32 = -1
    fileprivate var index: Int32 = 0
    fileprivate var due: Int64 = .max

    var isArmed: Bool { bucket >= 0 }
}

/// Deadlines of all connections of one event loop, to the second, with one scheduled task for all of them.
///
/// Moving a deadline later is one store: the client is looked at when its old second comes, and goes on to the new one.
/// Every open connection stands in the wheel, so it also serves to enumerate them.
final class TimerWheel<Client: TimerClient> {
    private let size: Int64 = 128
    private var buckets: [[Client]]
    private var count = 0
    private var lastTick: Int64 = 0
    private var isScheduled = false
    private let loop: any EventLoop

    init(loop: any EventLoop) {
        self.loop = loop
        buckets = Array(repeating: [], count: Int(size))
    }

    private static func seconds() -> Int64 { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000_000) }

    /// Sets the client's deadline, `seconds` from now, to the second and never early.
    func arm(_ client: Client, in seconds: Int64) {
        arm(client, at: now + max(1, seconds) + 1)
    }

    /// Seconds, looked up once a second: arming happens with every request.
    var now: Int64 {
        if count == 0 { lastTick = Self.seconds() }
        return lastTick
    }

    func arm(_ client: Client, at deadline: Int64) {
        client.timer.deadline = deadline
        guard deadline < client.timer.due else { return }
        remove(client)
        insert(client, due: deadline)
    }

    /// Takes the client out for good.
    func remove(_ client: Client) {
        guard client.timer.isArmed else { return }
        let bucket = Int(client.timer.bucket)
        let last = buckets[bucket].removeLast()
        if last !== client {
            buckets[bucket][Int(client.timer.index)] = last
            last.timer.index = client.timer.index
        }
        client.timer.bucket = -1
        client.timer.due = .max
        count -= 1
    }

    /// Every client, in no order.
    var clients: [Client] { buckets.flatMap { $0 } }

    private func insert(_ client: Client, due: Int64) {
        if count == 0 { lastTick = Self.seconds() }
        // Past the wheel's rim a client is looked at once a turn.
        let second = min(max(due, lastTick + 1), lastTick + size - 1)
        let bucket = Int(second % size)
        client.timer.bucket = Int32(bucket)
        client.timer.index = Int32(buckets[bucket].count)
        client.timer.due = second
        buckets[bucket].append(client)
        count += 1
        schedule()
    }

    private func schedule() {
        guard !isScheduled, count > 0 else { return }
        isScheduled = true
        let wheel = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: .seconds(1)) { wheel.value.tick() }
    }

    private func tick() {
        isScheduled = false
        let now = Self.seconds()
        while lastTick < now {
            lastTick += 1
            let bucket = Int(lastTick % size)
            for client in buckets[bucket] where client.timer.bucket == Int32(bucket) && client.timer.due <= now {
                let deadline = client.timer.deadline
                remove(client)
                if deadline <= now {
                    client.timer.deadline = .max
                    client.deadlineReached()
                } else {
                    insert(client, due: deadline)
                }
            }
        }
        schedule()
    }
}
