/// Durations and sizes as the configuration writes them.
package enum QuantityText {
    /// `250ms`, `10s`, `5m`, `1h`, and several of them together: `1m30s`. nil if it is none or too long to count.
    package static func duration(_ text: String) -> Duration? {
        var rest = text[...]
        var milliseconds = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest[digits.endIndex...]
            let unit = rest.prefix { $0.isLetter }
            rest = rest[unit.endIndex...]
            guard let count = Int(digits), let factor = factor(of: unit) else { return nil }
            let (part, overflow) = count.multipliedReportingOverflow(by: factor)
            let (sum, overflow2) = milliseconds.addingReportingOverflow(part)
            guard !overflow, !overflow2 else { return nil }
            milliseconds = sum
        }
        return .milliseconds(milliseconds)
    }

    /// `512`, `64KB`, `1MB`, `1GB`: bytes, in powers of 1024. nil if it is none or too large to count.
    package static func size(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let factor: Int
        switch text[digits.endIndex...] {
        case "", "B": factor = 1
        case "KB": factor = 1 << 10
        case "MB": factor = 1 << 20
        case "GB": factor = 1 << 30
        default: return nil
        }
        guard let count = Int(digits) else { return nil }
        let (size, overflow) = count.multipliedReportingOverflow(by: factor)
        return overflow ? nil : size
    }

    /// A size as people write it: 1MB, 1536KB, 100.
    package static func text(size: Int) -> String {
        for (unit, factor) in [("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)]
        where size >= factor && size % factor == 0 {
            return "\(size / factor)\(unit)"
        }
        return "\(size)"
    }

    private static func factor(of unit: Substring) -> Int? {
        switch unit {
        case "ms": 1
        case "s": 1_000
        case "m": 60_000
        case "h": 3_600_000
        default: nil
        }
    }
}
