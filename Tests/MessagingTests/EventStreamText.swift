/// A reader of event streams as WHATWG HTML §9.2.6 says, written apart from what it tests.
struct EventStreamText {
    struct Event: Equatable {
        var type = "message"
        var data = ""
        var id = ""
    }

    private(set) var events: [Event] = []

    init(_ text: String) {
        var type = ""
        var data: String?
        var id = ""
        for line in Self.lines(text) {
            if line.isEmpty {
                if let data { events.append(Event(type: type.isEmpty ? "message" : type, data: data, id: id)) }
                (type, data) = ("", nil)
                continue
            }
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            var value = parts.count > 1 ? String(parts[1]) : ""
            if value.utf8.first == 0x20 { value = String(value.unicodeScalars.dropFirst()) }
            switch parts[0] {
            case "event": type = value
            case "id": id = value
            case "data": data = data.map { $0 + "\n" + value } ?? value
            default: break
            }
        }
    }

    /// LF, CR and CR LF end lines; what stands behind the last end is no line yet.
    private static func lines(_ text: String) -> [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        var wasReturn = false
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n" where wasReturn: wasReturn = false
            case "\n", "\r":
                lines.append(String(line))
                line = String.UnicodeScalarView()
                wasReturn = scalar == "\r"
            default:
                line.append(scalar)
                wasReturn = false
            }
        }
        return lines
    }

    /// The data of chunks (RFC 9112 §7.1), or nil if they are not well made.
    static func unchunked(_ bytes: [UInt8]) -> [UInt8]? {
        var rest = bytes[...]
        var data: [UInt8] = []
        while !rest.isEmpty {
            guard let end = rest.firstIndex(of: 0x0D), rest[end...].starts(with: [0x0D, 0x0A]),
                let count = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), count > 0,
                rest[(end + 2)...].count >= count + 2, rest[(end + 2 + count)...].starts(with: [0x0D, 0x0A])
            else { return nil }
            data += rest[(end + 2)..<(end + 2 + count)]
            rest = rest[(end + 4 + count)...]
        }
        return data
    }
}
