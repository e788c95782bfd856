/// Turns a server's bytes into operations: a pure state machine, fed in pieces of any size.
///
/// - What it gives does not depend on how the bytes were split. No byte is looked at twice, none is kept beyond the
///   limits.
/// - After an error it gives only that error.
/// - A payload is copied once, out of the bytes fed in.
///
/// Source: https://docs.nats.io/reference/reference-protocols/nats-protocol
package struct NATSParser {
    package struct Limits: Sendable {
        /// `INFO` of a large cluster is the longest line there is.
        package var line = 64 << 10
        /// Of one message, headers included.
        package var payload = 64 << 20

        package init() {}
    }

    private enum State {
        case line
        case payload(NATSMessageHead)
        case failed(NATSParseError)
    }

    private let limits: Limits
    private var state = State.line
    /// What came of a line, or of a payload with its end, in earlier pieces.
    private var kept: [UInt8] = []
    private var lines = NATSLineParser()

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// The next operation that ends in `input`, or nil when `input` is used up.
    ///
    /// - Parameter position: where to go on reading; moved behind what was read.
    package mutating func next(_ input: Span<UInt8>, at position: inout Int) throws(NATSParseError) -> NATSOperation? {
        do throws(NATSParseError) {
            return try step(input, at: &position)
        } catch {
            state = .failed(error)
            kept = []
            throw error
        }
    }

    private mutating func step(_ input: Span<UInt8>, at position: inout Int) throws(NATSParseError) -> NATSOperation? {
        while true {
            switch state {
            case .failed(let error): throw error
            case .payload(let head): return try payload(head, input, at: &position)
            case .line:
                guard let line = try line(input, at: &position) else { return nil }
                switch line {
                case .operation(let operation): return operation
                case .message(let head):
                    guard head.total <= limits.payload else { throw .payloadTooLarge }
                    state = .payload(head)
                }
            }
        }
    }

    private mutating func line(
        _ input: Span<UInt8>, at position: inout Int
    ) throws(NATSParseError) -> NATSLineParser.Line? {
        let start = position
        let end = input.position(of: 0x0a, in: start..<input.count)
        let length = kept.count + (end ?? input.count) - start
        guard length <= limits.line else { throw .lineTooLong }
        guard let end else {
            kept.append(contentsOf: input.bytes(start..<input.count))
            position = input.count
            return nil
        }
        position = end + 1
        if kept.isEmpty { return try lines.parse(input.extracting(start..<end)) }
        kept.append(contentsOf: input.bytes(start..<end))
        let whole = kept
        kept.removeAll(keepingCapacity: whole.count <= 4096)
        return try lines.parse(whole.span)
    }

    private mutating func payload(
        _ head: NATSMessageHead, _ input: Span<UInt8>, at position: inout Int
    ) throws(NATSParseError) -> NATSOperation? {
        let end = position + head.total + 2 - kept.count
        guard end <= input.count else {
            kept.append(contentsOf: input.bytes(position..<input.count))
            position = input.count
            return nil
        }
        defer { position = end }
        if kept.isEmpty { return try message(head, input.extracting(position..<end)) }
        kept.append(contentsOf: input.bytes(position..<end))
        let whole = kept
        kept = []
        return try message(head, whole.span)
    }

    /// - Parameter bytes: headers, payload and the line end.
    private mutating func message(
        _ head: NATSMessageHead, _ bytes: Span<UInt8>
    ) throws(NATSParseError) -> NATSOperation {
        guard bytes[head.total] == 0x0d, bytes[head.total + 1] == 0x0a else { throw .payloadNotTerminated }
        state = .line
        var message = NATSMessage(
            subject: head.subject, reply: head.reply, payload: bytes.bytes(head.headerLength..<head.total))
        if head.headerLength > 0 {
            NATSHeaderBlock.decode(bytes.extracting(0..<head.headerLength), into: &message)
        }
        return .message(subscription: head.subscription, message)
    }
}
