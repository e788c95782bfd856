extension HTTPDate {
    /// Reads any of the three forms that RFC 9110 §5.6.7 wants accepted, or gives nil.
    ///
    /// - IMF-fixdate `Sun, 06 Nov 1994 08:49:37 GMT`, RFC 850's `Sunday, 06-Nov-94 08:49:37 GMT`, and asctime's
    ///   `Sun Nov  6 08:49:37 1994`. Case counts. The name of the day must be one, but is not held against the date.
    /// - `now` places years of two digits: a year more than 50 ahead means the century before.
    public init?(parsing text: some Collection<UInt8>, now: HTTPDate = .now) {
        // The longest is `Wednesday, 06-Nov-94 08:49:37 GMT`.
        guard text.count <= 33 else { return nil }
        var reader = DateReader(bytes: Array(text))
        guard let seconds = reader.imf() ?? reader.rfc850(now: now) ?? reader.asctime() else { return nil }
        self.init(epochSeconds: seconds)
    }
}

/// Reads the parts of a date; each form starts from the beginning.
private struct DateReader {
    private let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func imf() -> Int64? {
        position = 0
        guard dayName(), skip(", "), let day = digits(2), skip(" "), let month = month(), skip(" "),
            let year = digits(4), skip(" "), let time = time(), skip(" GMT")
        else { return nil }
        return seconds(year, month, day, time)
    }

    mutating func rfc850(now: HTTPDate) -> Int64? {
        position = 0
        guard longDayName(), skip(", "), let day = digits(2), skip("-"), let month = month(), skip("-"),
            let short = digits(2), skip(" "), let time = time(), skip(" GMT")
        else { return nil }
        let current = CivilDate(daysSince1970: Int(now.epochSeconds / 86400)).year
        var year = current - current % 100 + 100 + short
        while year > current + 50 { year -= 100 }
        return seconds(year, month, day, time)
    }

    mutating func asctime() -> Int64? {
        position = 0
        guard dayName(), skip(" "), let month = month(), skip(" ") else { return nil }
        guard let day = skip(" ") ? digits(1) : digits(2), skip(" "), let time = time(), skip(" "),
            let year = digits(4)
        else { return nil }
        return seconds(year, month, day, time)
    }

    private func seconds(_ year: Int, _ month: Int, _ day: Int, _ time: Int) -> Int64? {
        let date = CivilDate(year: year, month: month, day: day)
        guard position == bytes.count, year > 0, date.exists else { return nil }
        return Int64(date.daysSince1970) * 86400 + Int64(time)
    }

    /// `08:49:37` in seconds; a leap second counts as the one before it.
    private mutating func time() -> Int? {
        guard let hour = digits(2), skip(":"), let minute = digits(2), skip(":"), let second = digits(2),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        return hour * 3600 + minute * 60 + min(second, 59)
    }

    private mutating func month() -> Int? {
        for (index, name) in HTTPDate.monthNames.enumerated() where skip(name) { return index + 1 }
        return nil
    }

    private mutating func dayName() -> Bool {
        for name in HTTPDate.dayNames where skip(name) { return true }
        return false
    }

    private mutating func longDayName() -> Bool {
        let names = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
        for name in names where skip(name) { return true }
        return false
    }

    private mutating func digits(_ count: Int) -> Int? {
        guard position + count <= bytes.count else { return nil }
        var value = 0
        for index in position..<position + count {
            let digit = bytes[index] &- 0x30
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        position += count
        return value
    }

    private mutating func skip(_ text: String) -> Bool {
        guard bytes[position...].starts(with: text.utf8) else { return false }
        position += text.utf8.count
        return true
    }
}
