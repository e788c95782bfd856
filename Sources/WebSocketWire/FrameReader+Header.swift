extension FrameReader {
    var isFinal: Bool { first & 0x80 != 0 }
    var opcode: Opcode { Opcode(rawValue: first & 0x0F) ?? .continuation }
    private var isMasked: Bool { second & 0x80 != 0 }

    /// Bytes of extended length after the first two (RFC 6455 §5.2).
    private var lengthBytes: UInt8 {
        switch second & 0x7F {
        case 126: 2
        case 127: 8
        default: 0
        }
    }

    /// Reads header bytes up to the payload, checking each field as soon as it is complete.
    mutating func readHeader(_ bytes: Span<UInt8>, _ consumed: inout Int) -> Violation? {
        while consumed < bytes.count {
            let byte = bytes[consumed]
            consumed &+= 1
            let position = headerCount
            headerCount &+= 1
            switch position {
            case 0:
                first = byte
                if let violation = checkFirst() { return violation }
                continue
            case 1:
                second = byte
                length = lengthBytes == 0 ? UInt64(byte & 0x7F) : 0
                key = .none
                if let violation = checkSecond() { return violation }
            case 2..<(2 &+ lengthBytes):
                length = length << 8 | UInt64(byte)
            default:
                key = key.appending(byte)
            }
            if headerCount == 2 &+ lengthBytes, let violation = checkLength() { return violation }
            if headerCount == 2 &+ lengthBytes &+ (isMasked ? 4 : 0) {
                headerCount = 0
                phase = .payload
                return nil
            }
        }
        return nil
    }

    private mutating func checkFirst() -> Violation? {
        if first & 0x70 != 0 && !beginsCompressed() { return .reservedBits }
        guard let opcode = Opcode(rawValue: first & 0x0F) else { return .reservedOpcode }
        switch opcode {
        case .close, .ping, .pong: return isFinal ? nil : .fragmentedControl
        case .continuation: return kind == nil ? .unexpectedContinuation : nil
        case .text, .binary:
            if kind != nil { return .unfinishedMessage }
            kind = opcode == .text ? .text : .binary
            return nil
        }
    }

    /// RSV1, and only it, may be set in the first frame of a message once compression is agreed on (RFC 7692 §6).
    private mutating func beginsCompressed() -> Bool {
        guard inflation != nil, first & 0x70 == 0x40, opcode == .text || opcode == .binary, kind == nil else {
            return false
        }
        isCompressed = true
        return true
    }

    private func checkSecond() -> Violation? {
        if isMasked != (role == .server) { return isMasked ? .maskedByServer : .unmaskedByClient }
        return opcode.isControl && second & 0x7F > 125 ? .longControl : nil
    }

    private func checkLength() -> Violation? {
        switch lengthBytes {
        case 2 where length < 126: return .nonMinimalLength
        case 8 where length >> 63 != 0: return .hugeLength
        case 8 where length <= UInt64(UInt16.max): return .nonMinimalLength
        default: break
        }
        if opcode.isControl { return nil }
        return length > UInt64(max(0, maxMessageSize - message.count)) && !isCompressed ? .tooBig : nil
    }
}
