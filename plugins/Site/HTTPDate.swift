internal import Glibc

/// Dates in header fields (RFC 9110 §5.6.7). Seconds since 1970, UTC.
enum HTTPDate {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func text(_ seconds: Int) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        let date = "\(twoDigits(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(1900 + parts.tm_year)"
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(twoDigits).joined(separator: ":")
        return "\(days[Int(parts.tm_wday)]), \(date) \(clock) GMT"
    }

    /// Reads the three forms that a recipient must accept; nil for anything else.
    static func seconds(_ text: String) -> Int? {
        let words = text.split { " ,-:".contains($0) }
        var parts = tm()
        if words.count == 8, words[7] == "GMT" {
            // `Sun, 06 Nov 1994 08:49:37 GMT` or RFC 850's `Sunday, 06-Nov-94 08:49:37 GMT`.
            guard set(&parts, day: words[1], month: words[2], year: words[3], clock: words[4...6]) else { return nil }
        } else if words.count == 7 {
            // C's `Sun Nov  6 08:49:37 1994`.
            guard set(&parts, day: words[2], month: words[1], year: words[6], clock: words[3...5]) else { return nil }
        } else {
            return nil
        }
        return timegm(&parts)
    }

    private static func set(
        _ parts: inout tm, day: Substring, month: Substring, year: Substring, clock: ArraySlice<Substring>
    ) -> Bool {
        let clock = clock.compactMap { number($0, in: 0...60) }
        guard let month = months.firstIndex(of: String(month)), let day = number(day, in: 1...31),
            let year = number(year, in: 0...9999), clock.count == 3, clock[0] < 24, clock[1] < 60
        else { return false }
        parts.tm_mday = day
        parts.tm_mon = Int32(month)
        // Two digits are years from 1970 to 2069.
        parts.tm_year = year >= 100 ? year - 1900 : year >= 70 ? year : year + 100
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (clock[0], clock[1], clock[2])
        return true
    }

    private static func number(_ text: Substring, in range: ClosedRange<Int32>) -> Int32? {
        Int32(text).flatMap { range.contains($0) ? $0 : nil }
    }

    private static func twoDigits(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
