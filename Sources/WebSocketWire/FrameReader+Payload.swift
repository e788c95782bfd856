extension FrameReader {
    /// Takes what there is of the current frame's payload; an event if that completes something or breaks a rule.
    mutating func readPayload(_ bytes: Span<UInt8>, _ consumed: inout Int) -> FrameEvent? {
        let count = Int(min(length, UInt64(bytes.count - consumed)))
        let isWhole = length == UInt64(count)
        let piece = bytes.extracting(consumed..<(consumed &+ count))
        consumed &+= count
        if opcode.isControl {
            key.append(piece, to: &control)
            finishPiece(count, isWhole: isWhole)
            return isWhole ? controlEvent() : nil
        }
        if isCompressed { return readCompressed(piece, isWhole: isWhole) }
        let start = message.count
        reserve(count)
        key.append(piece, to: &message)
        finishPiece(count, isWhole: isWhole)
        if kind == .text {
            var validator = text
            guard validator.consume(message.span.extracting(start..<message.count)) else {
                return ended(with: Violation.invalidText.event)
            }
            text = validator
        }
        return isWhole && isFinal ? messageEvent() : nil
    }

    mutating func finishPiece(_ count: Int, isWhole: Bool) {
        if isWhole {
            phase = .header
        } else {
            length &-= UInt64(count)
            key = key.advanced(by: count)
        }
    }

    /// Makes room in a last frame: doubling, but not past the end of the message, which is then known.
    private mutating func reserve(_ count: Int) {
        let needed = message.count + count
        guard isFinal && needed > message.capacity else { return }
        message.reserveCapacity(min(message.count + Int(length), max(needed, 2 * message.count)))
    }

    mutating func messageEvent() -> FrameEvent {
        guard text.isComplete else { return ended(with: Violation.invalidText.event) }
        var payload: [UInt8] = []
        swap(&payload, &message)
        let kind = kind ?? .binary
        self.kind = nil
        return .message(kind: kind, payload: payload)
    }

    private mutating func controlEvent() -> FrameEvent {
        var payload: [UInt8] = []
        swap(&payload, &control)
        switch opcode {
        case .ping: return .ping(payload)
        case .pong: return .pong(payload)
        default: return ended(with: Self.closeEvent(payload))
        }
    }

    /// Reads a Close frame's payload (RFC 6455 §5.5.1): nothing, or a code and a reason in UTF-8.
    private static func closeEvent(_ payload: [UInt8]) -> FrameEvent {
        guard !payload.isEmpty else { return .close(code: nil, reason: "") }
        guard payload.count >= 2 else { return Violation.shortClose.event }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        guard CloseCode.isReceivable(code) else { return Violation.badCloseCode.event }
        guard let reason = String(validating: payload[2...], as: UTF8.self) else {
            return Violation.invalidReason.event
        }
        return .close(code: code, reason: reason)
    }
}
