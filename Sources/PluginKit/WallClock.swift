import Glibc

/// The time of day; any thread.
package enum WallClock {
    /// Seconds since 1970.
    package static func seconds() -> Int64 { Int64(time(nil)) }

    /// Seconds and nanoseconds since 1970.
    package static func now() -> (seconds: Int64, nanoseconds: Int64) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return (Int64(time.tv_sec), Int64(time.tv_nsec))
    }

    /// Nanoseconds since 1970.
    package static func nanoseconds() -> Int64 {
        let (seconds, nanoseconds) = now()
        return seconds * 1_000_000_000 + nanoseconds
    }
}
