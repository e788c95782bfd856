extension NATSJSON {
    /// A member of an object.
    package subscript(_ key: String) -> NATSJSON? { object?[key] }

    package var unsigned: UInt64? { integer.flatMap(UInt64.init(exactly:)) }

    /// From nanoseconds.
    package var duration: Duration? { integer.map { .nanoseconds($0) } }

    package var timestamp: NATSTimestamp? { string.flatMap { NATSTimestamp(rfc3339: $0) } }

    package static func unsigned(_ value: UInt64) -> NATSJSON {
        Int(exactly: value).map(NATSJSON.integer) ?? .otherNumber(String(value))
    }

    /// In nanoseconds.
    package static func duration(_ value: Duration) -> NATSJSON { .integer(value.wholeNanoseconds) }

    package static func strings(_ values: [String]) -> NATSJSON { .array(values.map(NATSJSON.string)) }

    /// As text, members in the order of their keys.
    package var encoded: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .otherNumber(let text): text
        case .string(let text): Self.quoted(text)
        case .array(let elements): "[\(elements.map(\.encoded).joined(separator: ","))]"
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }.map { Self.quoted($0.key) + ":" + $0.value.encoded }
                .joined(separator: ",") + "}"
        }
    }
}

extension Duration {
    /// Held to what 64 bits bear: 292 years.
    var wholeNanoseconds: Int {
        let (seconds, attoseconds) = components
        let (product, overflow) = Int(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowToo) = product.addingReportingOverflow(Int(attoseconds / 1_000_000_000))
        return overflow || overflowToo ? (seconds < 0 ? .min : .max) : sum
    }
}
