/// A time to the second, as HTTP writes it (RFC 9110 §5.6.7).
package struct HTTPDate: Sendable, Hashable {
    /// Seconds since 1970-01-01T00:00:00Z, within the years 1…9999.
    package var epochSeconds: Int64

    package init(epochSeconds: Int64) {
        self.epochSeconds = min(max(epochSeconds, -62_135_596_800), 253_402_300_799)
    }

    /// The 29 bytes of an IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`.
    package var bytes: [UInt8] {
        let days = Int(epochSeconds.floorDivided(by: 86400))
        let second = Int(epochSeconds - Int64(days) * 86400)
        let date = CivilDate(daysSince1970: days)
        return [UInt8](capacity: 29) { out in
            out.append(Self.dayNames[((days + 4) % 7 + 7) % 7])
            out.append(", ")
            out.append(padded: date.day)
            out.append(.space)
            out.append(Self.monthNames[date.month - 1])
            out.append(.space)
            out.append(padded: date.year / 100)
            out.append(padded: date.year % 100)
            out.append(.space)
            out.append(padded: second / 3600)
            out.append(UInt8(ascii: ":"))
            out.append(padded: second / 60 % 60)
            out.append(UInt8(ascii: ":"))
            out.append(padded: second % 60)
            out.append(" GMT")
        }
    }

    static let dayNames: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    static let monthNames: [StaticString] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}

/// A day of the Gregorian calendar.
struct CivilDate {
    var year: Int
    /// 1…12.
    var month: Int
    /// 1…31.
    var day: Int

    init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Counts in eras of 400 years (146,097 days) whose years begin in March, so that leap days come last.
    init(daysSince1970 days: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * march + 2) / 5 + 1
        month = march < 10 ? march + 3 : march - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSince1970: Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Whether the month has that day in that year.
    var exists: Bool {
        guard 1...12 ~= month, 1...31 ~= day else { return false }
        let back = CivilDate(daysSince1970: daysSince1970)
        return back.month == month && back.day == day
    }
}

extension Int64 {
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

extension OutputSpan<UInt8> {
    /// Two decimal digits.
    fileprivate mutating func append(padded value: Int) {
        append(UInt8(0x30 + value / 10))
        append(UInt8(0x30 + value % 10))
    }
}
