/// The path of a request target, as sent: percent-encoded, without the query.
package enum RequestPath {
    /// The form that dispatch rules are compared with: decoded once, an escaped slash kept as `%2F`.
    ///
    /// Nothing is collapsed or resolved. Invalid escapes stand for themselves.
    package static func decodedForDispatch(_ raw: Span<UInt8>) -> [UInt8] {
        PercentCoding.decode(raw, raw.indices, keepSlash: true)
    }

    /// Whether a path holds no dot segment, plain or escaped (`.`, `..`, `%2e`, …). Does not allocate.
    package static func isNormal(_ raw: Span<UInt8>) -> Bool {
        var index = 0
        while index < raw.count {
            let isSlash = raw[index] == UInt8(ascii: "/")
            index += 1
            if isSlash, DotSegment(raw, at: index) != nil { return false }
        }
        return true
    }

    /// Where a request is redirected (302) inside its service; nil when its path is normal.
    ///
    /// `.` segments are dropped, `..` removes the segment before it, empty segments stay. Leading slashes are merged,
    /// so that the result never names another host. What is kept stays escaped as it was sent.
    ///
    /// - Returns: a path with the query, safe as the value of `Location`.
    /// - Source: Google's local server; production answers 302 as well.
    package static func redirectTarget(rawPath: String, query: String?) -> String? {
        let bytes = Array(rawPath.utf8)
        let raw = bytes.span
        guard !isNormal(raw) else { return nil }
        var target: [UInt8] = []
        for segment in normalSegments(raw) {
            target.append(UInt8(ascii: "/"))
            PercentCoding.appendSafely(raw, segment, to: &target)
        }
        let leading = target.prefix { $0 == UInt8(ascii: "/") }.count
        target.replaceSubrange(0..<leading, with: CollectionOfOne(UInt8(ascii: "/")))
        if let query {
            let bytes = Array(query.utf8)
            target.append(UInt8(ascii: "?"))
            PercentCoding.appendSafely(bytes.span, bytes.indices, to: &target, extra: "?[]{}|^`")
        }
        return String(decoding: target, as: UTF8.self)
    }

    /// The segments that are left, as ranges of `raw`. The first is what precedes the first slash.
    private static func normalSegments(_ raw: Span<UInt8>) -> [Range<Int>] {
        var kept: [Range<Int>] = []
        var start = 0
        for end in 0...raw.count where end == raw.count || raw[end] == UInt8(ascii: "/") {
            switch DotSegment(raw, at: start) {
            case .here: break
            case .up: _ = kept.popLast()
            case nil: kept.append(start..<end)
            }
            start = end + 1
        }
        // What precedes the first slash is empty, unless `..` removed it.
        if kept.first == 0..<0 { kept.removeFirst() }
        return kept
    }
}

/// A segment that stands for this folder or the one above.
private enum DotSegment {
    case here, up

    /// The dot segment that starts at `index`; nil for any other segment.
    init?(_ raw: Span<UInt8>, at index: Int) {
        var index = index
        var dots = 0
        while index < raw.count, raw[index] != UInt8(ascii: "/") {
            if raw[index] == UInt8(ascii: ".") {
                index += 1
            } else if PercentCoding.escape(raw, at: index, end: raw.count) == UInt8(ascii: ".") {
                index += 3
            } else {
                return nil
            }
            dots += 1
            if dots > 2 { return nil }
        }
        switch dots {
        case 1: self = .here
        case 2: self = .up
        default: return nil
        }
    }
}
