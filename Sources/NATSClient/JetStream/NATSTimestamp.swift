/// A time of the clock on the wall, as JetStream stores it: nanoseconds since 1970 in UTC.
public struct NATSTimestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Reads `2026-01-31T23:59:59.123456789Z` (RFC 3339), with any number of digits in the fraction and `Z` or an
    /// offset. Nil for anything else, and for years too far from 1970 to count in nanoseconds.
    public init?(rfc3339 text: String) {
        var reader = Reader(rest: text.utf8[...])
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("T") || reader.skip("t"), let hour = reader.number(2),
            reader.skip(":"), let minute = reader.number(2), reader.skip(":"), let second = reader.number(2),
            let fraction = reader.fraction(), let offset = reader.offset(), reader.rest.isEmpty,
            1...12 ~= month, 1...31 ~= day, hour < 24, minute < 60, second <= 60
        else { return nil }
        let seconds =
            Self.days(year, month, day) * 86400 + Int64(hour * 3600 + minute * 60 + second) - Int64(offset * 60)
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowToo) = whole.addingReportingOverflow(Int64(fraction))
        if overflow || overflowToo { return nil }
        nanoseconds = sum
    }

    public static func < (one: NATSTimestamp, other: NATSTimestamp) -> Bool { one.nanoseconds < other.nanoseconds }

    /// In the form of RFC 3339, in UTC, with nine digits behind the point.
    public var description: String {
        let (seconds, fraction) = Self.divide(nanoseconds, 1_000_000_000)
        let (days, time) = Self.divide(seconds, 86400)
        let (year, month, day) = Self.date(days)
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(padded(time / 3600, 2)):"
            + "\(padded(time / 60 % 60, 2)):\(padded(time % 60, 2)).\(padded(fraction, 9))Z"
    }

    /// Rounds down; the rest is never negative.
    private static func divide(_ number: Int64, _ by: Int64) -> (quotient: Int64, rest: Int64) {
        let (quotient, rest) = number.quotientAndRemainder(dividingBy: by)
        return rest < 0 ? (quotient - 1, rest + by) : (quotient, rest)
    }

    /// Days from 1970-01-01. Years are counted from March, so that a leap day is the last of its year.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let marchYear = Int64(month > 2 ? year : year - 1)
        let dayOfYear = Int64((153 * ((month + 9) % 12) + 2) / 5 + day - 1)
        let leapDays = divide(marchYear, 4).quotient - divide(marchYear, 100).quotient + divide(marchYear, 400).quotient
        return marchYear * 365 + leapDays + dayOfYear - 719_468
    }

    private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = divide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }

    private struct Reader {
        var rest: Substring.UTF8View

        mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: scalar) else { return false }
            rest.removeFirst()
            return true
        }

        mutating func digit() -> Int? {
            guard let byte = rest.first, 0x30...0x39 ~= byte else { return nil }
            rest.removeFirst()
            return Int(byte - 0x30)
        }

        mutating func number(_ digits: Int) -> Int? {
            var number = 0
            for _ in 0..<digits {
                guard let digit = digit() else { return nil }
                number = number * 10 + digit
            }
            return number
        }

        /// In nanoseconds; 0 without a point.
        mutating func fraction() -> Int? {
            guard skip(".") else { return 0 }
            guard var number = digit().map({ $0 * 100_000_000 }) else { return nil }
            var unit = 10_000_000
            while let digit = digit() {
                number += digit * unit
                unit /= 10
            }
            return number
        }

        /// In minutes.
        mutating func offset() -> Int? {
            if skip("Z") || skip("z") { return 0 }
            let sign = skip("+") ? 1 : skip("-") ? -1 : 0
            guard sign != 0, let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60 else {
                return nil
            }
            return sign * (hours * 60 + minutes)
        }
    }
}
