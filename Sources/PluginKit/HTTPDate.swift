import Glibc

/// A time to the second, as HTTP writes it (RFC 9110 §5.6.7).
public struct HTTPDate: Sendable, Hashable {
    /// Seconds since 1970-01-01T00:00:00Z, within the years 1…9999.
    public let epochSeconds: Int64

    /// Seconds before the year 1 or after 9999 count as the first or the last that can be written.
    public init(epochSeconds: Int64) {
        self.epochSeconds = min(max(epochSeconds, -62_135_596_800), 253_402_300_799)
    }

    /// What the system's clock says.
    public static var now: HTTPDate { HTTPDate(epochSeconds: Int64(time(nil))) }

    /// The 29 bytes of an IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`.
    public var bytes: [UInt8] { Array(description.utf8) }

    static let dayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    static let monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}

extension HTTPDate: CustomStringConvertible {
    /// An IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`.
    public var description: String {
        let (days, second) = Int(epochSeconds).quotientAndRemainder(flooredBy: 86400)
        let date = CivilDate(daysSince1970: days)
        let weekday = (days + 4).quotientAndRemainder(flooredBy: 7).remainder
        let day = "\(Self.dayNames[weekday]), \(padded(date.day)) \(Self.monthNames[date.month - 1])"
        let year = padded(date.year / 100) + padded(date.year % 100)
        return "\(day) \(year) \(padded(second / 3600)):\(padded(second / 60 % 60)):\(padded(second % 60)) GMT"
    }
}

extension HTTPDate: Comparable {
    public static func < (one: HTTPDate, other: HTTPDate) -> Bool { one.epochSeconds < other.epochSeconds }
}

/// Two decimal digits.
private func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

extension Int {
    /// The remainder is never negative.
    fileprivate func quotientAndRemainder(flooredBy divisor: Int) -> (quotient: Int, remainder: Int) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
