extension FrameReader {
    /// Takes a piece of a compressed message, in steps that lie at fixed places of it: so the events do not depend on
    /// where its bytes were split.
    mutating func readCompressed(_ piece: Span<UInt8>, isWhole: Bool) -> FrameEvent? {
        guard let inflation else { return nil }
        let isLast = isWhole && isFinal
        var taken = 0
        repeat {
            let count = min(inflation.room, piece.count - taken)
            inflation.gather(piece.extracting(taken..<(taken + count)), key.advanced(by: taken))
            taken += count
            let isEnd = isLast && taken == piece.count
            if isEnd || inflation.room == 0, let violation = inflate(inflation, isLast: isEnd) {
                return ended(with: violation.event)
            }
        } while taken < piece.count
        finishPiece(piece.count, isWhole: isWhole)
        guard isLast else { return nil }
        isCompressed = false
        return messageEvent()
    }

    private mutating func inflate(_ inflation: MessageInflation, isLast: Bool) -> Violation? {
        var violation: Violation?
        let outcome = inflation.inflate(isLast: isLast) { piece in
            violation = add(piece)
            return violation == nil
        }
        return outcome == .corrupt ? .corruptData : violation
    }

    /// Adds inflated bytes to the message, which never gets room for more than its limit.
    private mutating func add(_ piece: Span<UInt8>) -> Violation? {
        let free = maxMessageSize - message.count
        let fitting = piece.extracting(first: min(free, piece.count))
        // The text first: which rule is broken first is for the bytes' order to say, not for the size of the pieces.
        if kind == .text && !text.consume(fitting) { return .invalidText }
        if piece.count > free { return .tooBig }
        let needed = message.count + piece.count
        if needed > message.capacity && !message.isEmpty {
            message.reserveCapacity(min(maxMessageSize, max(needed, 2 * message.count)))
        }
        MaskingKey.none.append(piece, to: &message)
        return nil
    }
}
