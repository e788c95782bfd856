/// RFC 3339 time stamps in UTC with milliseconds.
package enum Timestamp {
    static func append(_ time: (seconds: Int64, nanoseconds: Int64), to out: inout [UInt8]) {
        let days = Int(time.seconds / 86400)
        let second = Int(time.seconds % 86400)
        let (year, month, day) = civil(days)
        append(year, 4, to: &out)
        out.append(UInt8(ascii: "-"))
        append(month, 2, to: &out)
        out.append(UInt8(ascii: "-"))
        append(day, 2, to: &out)
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

    /// The time now, `2026-01-31T12:00:00.123Z`.
    package static func now() -> String {
        var out: [UInt8] = []
        append(WallClock.now(), to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// Days since 1970 as a date of the Gregorian calendar: years that begin in March have their leap day last.
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
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
