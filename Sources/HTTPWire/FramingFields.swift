/// Collects, field by field, what decides where a request ends and whether its connection lives on.
struct FramingFields {
    private(set) var host: Range<Int>?
    private var length: Int?
    private var hasCoding = false
    private var chunked = false
    private var unknownCoding = false
    private var lastIsChunked = false
    private var close = false
    private var persist = false
    private var connectionUpgrade = false
    private var offersWebSocket = false
    private var continues = false
    private var otherExpectation = false

    /// Looks at one field. Cheap for all that do not matter here: their length gives most of them away.
    @inline(__always)
    mutating func add(_ bytes: Span<UInt8>, name: Range<Int>, value: Range<Int>) throws(Refusal) {
        switch name.count {
        case 4, 6, 7, 10, 14, 17: try addCandidate(bytes, name, value)
        default: break
        }
    }

    private mutating func addCandidate(
        _ bytes: Span<UInt8>, _ name: Range<Int>, _ value: Range<Int>
    ) throws(Refusal) {
        switch bytes[name.lowerBound] | 0x20 {
        case UInt8(ascii: "h") where bytes.matches(name, "host"):
            guard host == nil else { throw Refusal(.hostRepeated) }
            host = value
        case UInt8(ascii: "c") where bytes.matches(name, "connection"):
            try addConnection(bytes, value)
        case UInt8(ascii: "c") where bytes.matches(name, "content-length"):
            try addLength(bytes, value)
        case UInt8(ascii: "t") where bytes.matches(name, "transfer-encoding"):
            hasCoding = true
            try bytes.forEachElement(of: value) { element throws(Refusal) in try addCoding(bytes, element) }
        case UInt8(ascii: "u") where bytes.matches(name, "upgrade"):
            try bytes.forEachElement(of: value) { element throws(Refusal) in
                if bytes.matches(element, "websocket") { offersWebSocket = true }
            }
        case UInt8(ascii: "e") where bytes.matches(name, "expect"):
            try bytes.forEachElement(of: value) { element throws(Refusal) in
                if bytes.matches(element, "100-continue") {
                    continues = true
                } else if !element.isEmpty {
                    otherExpectation = true
                }
            }
        default: break
        }
    }

    private mutating func addConnection(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(Refusal) {
        try bytes.forEachElement(of: value) { element throws(Refusal) in
            switch element.count {
            case 5 where bytes.matches(element, "close"): close = true
            case 7 where bytes.matches(element, "upgrade"): connectionUpgrade = true
            case 10 where bytes.matches(element, "keep-alive"): persist = true
            default: break
            }
        }
    }

    /// One Content-Length, digits only. The RFC lets a recipient take `5, 5` as 5; nobody honest sends it.
    private mutating func addLength(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(Refusal) {
        guard length == nil else { throw Refusal(.lengthRepeated) }
        guard !value.isEmpty else { throw Refusal(.length) }
        for index in value where !bytes[index].isDigit { throw Refusal(.length) }
        var number = 0
        for index in value {
            let (tens, overTens) = number.multipliedReportingOverflow(by: 10)
            let (sum, overSum) = tens.addingReportingOverflow(Int(bytes[index] &- 0x30))
            guard !overTens, !overSum else { throw Refusal(.lengthOverflow) }
            number = sum
        }
        length = number
    }

    /// One element of Transfer-Encoding. Empty ones and parameters are refused: here a doubt is a way to smuggle.
    private mutating func addCoding(_ bytes: Span<UInt8>, _ element: Range<Int>) throws(Refusal) {
        var end = element.lowerBound
        while end < element.upperBound, ByteSet.token.contains(bytes[end]) { end += 1 }
        lastIsChunked = bytes.matches(element.lowerBound..<end, "chunked")
        guard end > element.lowerBound, end == element.upperBound || !lastIsChunked else { throw Refusal(.coding) }
        if lastIsChunked {
            guard !chunked else { throw Refusal(.chunkedTwice) }
            chunked = true
        } else {
            unknownCoding = true
        }
    }

    /// The sum of all fields of a complete head.
    func framing(minorVersion: UInt8, isGet: Bool) throws(Refusal) -> RequestFraming {
        let body = try bodyFraming(minorVersion: minorVersion)
        let hasBody = body != .none && body != .length(0)
        if minorVersion > 0, otherExpectation { throw Refusal(.expectation) }
        return RequestFraming(
            body: body,
            keepAlive: !close && (minorVersion > 0 || persist),
            expectsContinue: continues && hasBody && minorVersion > 0,
            upgradesToWebSocket: connectionUpgrade && offersWebSocket && isGet && !hasBody && minorVersion > 0)
    }

    private func bodyFraming(minorVersion: UInt8) throws(Refusal) -> BodyFraming {
        guard hasCoding else { return length.map { .length($0) } ?? .none }
        guard length == nil else { throw Refusal(.lengthAndCoding) }
        guard minorVersion > 0 else { throw Refusal(.codingInHTTP10) }
        guard lastIsChunked else { throw Refusal(.codingNotLast) }
        guard !unknownCoding else { throw Refusal(.codingUnknown) }
        return .chunked
    }
}
