/// RFC 3339 time stamps in UTC with milliseconds.
package enum Timestamp {
    /// Nanoseconds are those of the second.
    package static func append(_ time: (seconds: Int64, nanoseconds: Int64), to out: inout [UInt8]) {
        let days = Int(time.seconds / 86400)
        let second = Int(time.seconds % 86400)
        let date = CivilDate(daysSince1970: days)
        append(date.year, 4, to: &out)
        out.append(UInt8(ascii: "-"))
        append(date.month, 2, to: &out)
        out.append(UInt8(ascii: "-"))
        append(date.day, 2, to: &out)
        out.append(UInt8(ascii: "T"))
        append(second / 3600, 2, to: &out)
        out.append(UInt8(ascii: ":"))
        append(second / 60 % 60, 2, to: &out)
        out.append(UInt8(ascii: ":"))
        append(second % 60, 2, to: &out)
        out.append(UInt8(ascii: "."))
        append(Int(time.nanoseconds / 1_000_000), 3, to: &out)
        out.append(UInt8(ascii: "Z"))
    }

    /// Since 1970; earlier times count as 1970.
    package static func append(nanoseconds: Int64, to out: inout [UInt8]) {
        let (seconds, fraction) = max(0, nanoseconds).quotientAndRemainder(dividingBy: 1_000_000_000)
        append((seconds: seconds, nanoseconds: fraction), to: &out)
    }

    /// The time now, `2026-01-31T12:00:00.123Z`.
    package static func now() -> String {
        var out: [UInt8] = []
        append(WallClock.now(), to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    private static func append(_ value: Int, _ digits: Int, to out: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            out.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}
