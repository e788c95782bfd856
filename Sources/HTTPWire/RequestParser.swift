package import PluginKit

/// Reads the heads of the requests on one connection (RFC 9112 §2–§6).
///
/// - Resumable: each call looks at new bytes only, so a head that drips in costs no more than one that comes whole.
/// - How the bytes are split makes no difference to what comes out.
/// - Makes no objects once the head it fills has capacity.
/// - Not thread-safe: lives with its connection.
package struct RequestParser: Sendable {
    enum Phase {
        case start, startLF, method, target, version, fields
    }

    let limits: HeadLimits
    var phase = Phase.start
    /// Everything before it has been looked at; used until the fields begin.
    var position = 0
    /// First byte of the request line: 0, or 2 behind one empty line.
    var lineStart = 0
    var target = 0..<0
    private var scanner = FieldScanner()
    private var framing = FramingFields()

    package init(limits: HeadLimits = HeadLimits()) { self.limits = limits }

    /// Looks for a whole head at the beginning of `bytes`.
    ///
    /// - `bytes`: all that is unconsumed on the connection, from the first byte of this head. After `.needMore` the
    ///   same bytes again and more behind them; after `.head` what follows the consumed ones and the body.
    /// - `head`: the same value in all calls for one head, emptied by the first. Complete with `.head`, else for no
    ///   use. An absolute target without a path leaves `head.path` empty, which means `/`; the path of `OPTIONS *` is
    ///   `*`.
    package mutating func parse(_ bytes: Span<UInt8>, into head: inout RequestHead) -> HeadStep {
        do throws(Refusal) {
            if phase == .start || phase == .startLF {
                guard try passEmptyLine(bytes, &head) else { return .needMore }
            }
            if phase != .fields {
                let longest = min(lineStart + limits.requestLine + 2, limits.head)
                guard try parseLine(bytes.extracting(first: min(bytes.count, longest)), into: &head) else {
                    if bytes.count >= longest { throw Refusal(.targetTooLong) }
                    return .needMore
                }
            }
            return try parseFields(bytes, into: &head)
        } catch {
            return .refused(error)
        }
    }

    /// Lets one empty line pass before a request: some clients end a body with a CRLF (RFC 9112 §2.2).
    private mutating func passEmptyLine(_ bytes: Span<UInt8>, _ head: inout RequestHead) throws(Refusal) -> Bool {
        if phase == .start {
            guard bytes.count > 0 else { return false }
            head.fields.removeAll()
            phase = bytes[0] == .cr ? .startLF : .method
        }
        if phase == .startLF {
            guard bytes.count > 1 else { return false }
            guard bytes[1] == .lf else { throw Refusal(.bareCR) }
            position = 2
            lineStart = 2
            phase = .method
        }
        return true
    }

    private mutating func parseFields(_ bytes: Span<UInt8>, into head: inout RequestHead) throws(Refusal) -> HeadStep {
        let window = bytes.extracting(first: min(bytes.count, limits.head))
        while true {
            switch try scanner.next(window) {
            case .field:
                guard head.fields.slots.count < limits.fieldCount else { throw Refusal(.tooManyFields) }
                head.fields.slots.append(HeaderFields.Slot(name: Range(scanner.name), value: Range(scanner.value)))
                try framing.add(window, name: scanner.name, value: scanner.value)
            case .end:
                return try finish(window, into: &head)
            case .needMore:
                if bytes.count >= limits.head { throw Refusal(.headTooLarge) }
                return .needMore
            }
        }
    }

    /// Goes on to the fields, which begin at `position`.
    mutating func beginFields() {
        phase = .fields
        scanner = FieldScanner(position: position)
        framing = FramingFields()
    }

    private mutating func finish(_ window: Span<UInt8>, into head: inout RequestHead) throws(Refusal) -> HeadStep {
        try checkHost(window, &head)
        let isGet = if case .get = head.method { true } else { false }
        let framing = try framing.framing(minorVersion: head.minorVersion, isGet: isGet)
        let consumed = scanner.position
        head.fields.bytes.append(window.extracting(first: consumed))
        phase = .start
        position = 0
        lineStart = 0
        return .head(consumed: consumed, framing: framing)
    }

    /// HTTP/1.1 must say Host, once and well-formed, whatever the target says (RFC 9112 §3.2).
    ///
    /// Its value may be empty only where the target has an authority of its own or needs none (`OPTIONS *`). A target's
    /// authority wins over Host (§3.2.2).
    private func checkHost(_ window: Span<UInt8>, _ head: inout RequestHead) throws(Refusal) {
        guard let host = framing.host else {
            if head.minorVersion > 0 { throw Refusal(.hostMissing) }
            return
        }
        let fromTarget = !head.hostRange.isEmpty
        if host.isEmpty {
            let asterisk = window[target.lowerBound] == UInt8(ascii: "*")
            guard fromTarget || asterisk else { throw Refusal(.host) }
        } else {
            guard Authority.isValid(window, host) else { throw Refusal(.host) }
        }
        if !fromTarget { head.hostRange = Range(host) }
    }
}

extension Range<Int32> {
    /// Offsets within a head, which is far below 2 GiB.
    @inline(__always)
    init(_ range: Range<Int>) {
        self = Int32(truncatingIfNeeded: range.lowerBound)..<Int32(truncatingIfNeeded: range.upperBound)
    }
}
