import PluginKit

extension RequestParser {
    /// Longer methods than this are not taken even as unknown ones (RFC 9112 §3: 501).
    private static var longestMethod: Int { 32 }

    /// Goes on with the request line. True once it is complete and the fields follow.
    ///
    /// `bytes` ends where the longest request line would end.
    mutating func parseLine(_ bytes: Span<UInt8>, into head: inout RequestHead) throws(Refusal) -> Bool {
        while position < bytes.count {
            switch phase {
            case .method:
                guard try scanMethod(bytes, into: &head) else { return false }
            case .target:
                guard try scanTarget(bytes) else { return false }
            case .version:
                return try scanVersion(bytes, into: &head)
            case .start, .startLF, .fields:
                return phase == .fields
            }
        }
        return false
    }

    private mutating func scanMethod(_ bytes: Span<UInt8>, into head: inout RequestHead) throws(Refusal) -> Bool {
        var index = position
        while index < bytes.count, ByteSet.token.contains(bytes[index]) {
            index &+= 1
            if index &- lineStart > Self.longestMethod { throw Refusal(.methodTooLong) }
        }
        position = index
        guard index < bytes.count else { return false }
        guard index > lineStart, bytes[index] == .space else { throw Self.misplaced(bytes[index], else: .method) }
        head.method = Self.method(bytes, lineStart..<index)
        position = index &+ 1
        target = position..<position
        phase = .target
        return true
    }

    /// Known methods of up to seven letters as one number: `GET` is 0x474554.
    private static func method(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Method {
        var key: UInt64 = 0
        for index in range.lowerBound..<min(range.upperBound, range.lowerBound + 8) {
            key = key << 8 | UInt64(bytes[index])
        }
        switch key {
        case 0x47_4554: return .get
        case 0x4845_4144: return .head
        case 0x504F_5354: return .post
        case 0x50_5554: return .put
        case 0x4445_4C45_5445: return .delete
        case 0x43_4F4E_4E45_4354: return .connect
        case 0x4F_5054_494F_4E53: return .options
        case 0x54_5241_4345: return .trace
        case 0x50_4154_4348: return .patch
        default: return .other(bytes.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) })
        }
    }

    private mutating func scanTarget(_ bytes: Span<UInt8>) throws(Refusal) -> Bool {
        var index = position
        while index < bytes.count, ByteSet.target.contains(bytes[index]) { index &+= 1 }
        position = index
        guard index < bytes.count else { return false }
        guard bytes[index] == .space else { throw Self.misplaced(bytes[index], else: .target) }
        guard index > target.lowerBound else { throw Refusal(.requestLine) }
        target = target.lowerBound..<index
        position = index &+ 1
        phase = .version
        return true
    }

    /// `HTTP/1.1` CRLF. A higher minor version is read as 1.1 (RFC 9110 §2.5), another major version is 505.
    private mutating func scanVersion(_ bytes: Span<UInt8>, into head: inout RequestHead) throws(Refusal) -> Bool {
        if Self.isHTTP11(bytes, at: position) {
            head.minorVersion = 1
        } else {
            guard try checkVersion(bytes) else { return false }
            guard bytes[position &+ 5] == UInt8(ascii: "1") else { throw Refusal(.majorVersion) }
            head.minorVersion = bytes[position &+ 7] == UInt8(ascii: "0") ? 0 : 1
        }
        let parts = try RequestTarget(bytes, target, method: head.method)
        head.targetRange = Range(target)
        head.pathRange = Range(parts.path)
        head.hostRange = parts.authority.map { Range($0) } ?? 0..<0
        position &+= 10
        beginFields()
        return true
    }

    /// The usual end of the line, seen at one glance.
    @inline(__always)
    private static func isHTTP11(_ bytes: Span<UInt8>, at position: Int) -> Bool {
        guard position &+ 10 <= bytes.count else { return false }
        let word = bytes.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
        // `HTTP/1.1`, the first character in the lowest byte.
        return UInt64(littleEndian: word) == 0x312E_312F_5054_5448 && bytes[position &+ 8] == .cr
            && bytes[position &+ 9] == .lf
    }

    /// Checks as much of a version and its CRLF as is there; true once all is.
    private func checkVersion(_ bytes: Span<UInt8>) throws(Refusal) -> Bool {
        let pattern: StaticString = "HTTP/0.0\r\n"
        let there = min(10, bytes.count &- position)
        for offset in 0..<there {
            let byte = bytes[position &+ offset]
            let wanted = pattern.utf8Start[offset]
            guard wanted == 0x30 ? byte.isDigit : byte == wanted else {
                throw Self.misplaced(byte, else: offset == 8 ? .requestLine : offset == 9 ? .bareCR : .version)
            }
        }
        return there == 10
    }

    /// The reason for a byte that ends a part of the line too early.
    private static func misplaced(_ byte: UInt8, else code: Refusal.Code) -> Refusal {
        switch byte {
        case .lf: Refusal(.bareLF)
        case .cr: Refusal(.requestLine)
        default: Refusal(code)
        }
    }
}
