package import PluginKit

/// What `BodyReader.read` made of the bytes. `consumed` counts from the beginning of the span that was given.
package enum BodyStep: Sendable, Hashable {
    /// A piece of the body; call again with what follows the consumed bytes.
    case data(Range<Int>, consumed: Int)
    /// Call again with the unconsumed bytes and more behind them. Bytes are left only within a trailer section.
    case needMore(consumed: Int)
    /// The body is complete; the next request follows.
    case end(consumed: Int)
    /// Answer and close.
    case refused(Refusal)
}

/// Reads one request body: removes the chunked coding, copies nothing (RFC 9112 §6, §7.1).
///
/// - Holds no bytes but those of the trailers, and remembers where it was within a line, so nothing is read twice.
/// - A body past the limit is refused as soon as that is known: a Content-Length at once, even on an empty span.
package struct BodyReader: Sendable {
    private enum State {
        case length(Int), chunkLine, chunkData(Int), chunkCR, chunkLF, trailers, done
        case failed(Refusal)
    }

    /// Fields behind a chunked body, complete with `.end`. Those that must not stand there are left out.
    package private(set) var trailers = HeaderFields()
    private let sectionLimit: Int
    private let fieldLimit: Int
    /// Bytes that the body may still grow by.
    private var allowance: Int
    private var state: State
    private var line = ChunkLine()
    private var scanner = FieldScanner()
    private var fieldCount = 0

    /// - `limit`: bytes of the body without its coding, nil for no limit; more is 413.
    /// - `trailerLimits`: `head` and `fieldCount` bound the trailer section; more is 431.
    package init(_ framing: BodyFraming, limit: Int?, trailerLimits: HeadLimits = HeadLimits()) {
        sectionLimit = trailerLimits.head
        fieldLimit = trailerLimits.fieldCount
        allowance = limit ?? Int.max
        switch framing {
        case .none: state = .done
        case .length(let count): state = count > allowance ? .failed(Refusal(.bodyTooLarge)) : .length(count)
        case .chunked: state = .chunkLine
        }
    }

    /// Goes on with the body. `bytes` are the unconsumed ones of the connection; what lies behind the body stays
    /// unread.
    package mutating func read(_ bytes: Span<UInt8>) -> BodyStep {
        do throws(Refusal) {
            return try step(bytes)
        } catch {
            state = .failed(error)
            return .refused(error)
        }
    }

    private mutating func step(_ bytes: Span<UInt8>) throws(Refusal) -> BodyStep {
        var position = 0
        while true {
            switch state {
            case .failed(let refusal):
                return .refused(refusal)
            case .done, .length(0):
                state = .done
                return .end(consumed: position)
            case .length(let rest):
                guard !bytes.isEmpty else { return .needMore(consumed: 0) }
                let count = min(rest, bytes.count)
                state = .length(rest - count)
                return .data(0..<count, consumed: count)
            case .chunkData(let rest):
                let piece = position..<position + min(rest, bytes.count - position)
                guard !piece.isEmpty else { return .needMore(consumed: position) }
                state = piece.count == rest ? .chunkCR : .chunkData(rest - piece.count)
                return .data(piece, consumed: piece.upperBound)
            case .chunkLine, .chunkCR, .chunkLF:
                guard position < bytes.count else { return .needMore(consumed: position) }
                try takeFraming(bytes[position])
                position += 1
            case .trailers:
                return try readTrailers(bytes, from: position)
            }
        }
    }

    /// One byte of what stands between pieces of data.
    private mutating func takeFraming(_ byte: UInt8) throws(Refusal) {
        switch state {
        case .chunkCR:
            guard byte == .cr else { throw Refusal(byte == .lf ? .bareLF : .chunkEnd) }
            state = .chunkLF
        case .chunkLF:
            guard byte == .lf else { throw Refusal(.bareCR) }
            line.restart()
            state = .chunkLine
        default:
            guard try line.take(byte) else { return }
            guard line.size <= allowance else { throw Refusal(.bodyTooLarge) }
            allowance -= line.size
            state = line.size == 0 ? .trailers : .chunkData(line.size)
        }
    }

    private mutating func readTrailers(_ bytes: Span<UInt8>, from start: Int) throws(Refusal) -> BodyStep {
        let rest = bytes.extracting(start..<bytes.count)
        let section = rest.extracting(first: min(rest.count, sectionLimit))
        while true {
            switch try scanner.next(section) {
            case .field:
                fieldCount += 1
                guard fieldCount <= fieldLimit else { throw Refusal(.tooManyFields) }
                guard TrailerRules.allows(section, scanner.name) else { continue }
                trailers.slots.append(HeaderFields.Slot(name: Range(scanner.name), value: Range(scanner.value)))
            case .end:
                if !trailers.slots.isEmpty { trailers.bytes.append(section.extracting(first: scanner.position)) }
                state = .done
                return .end(consumed: start + scanner.position)
            case .needMore:
                if rest.count >= sectionLimit { throw Refusal(.headTooLarge) }
                return .needMore(consumed: start)
            }
        }
    }
}
