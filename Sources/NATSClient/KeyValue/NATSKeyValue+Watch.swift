internal import NIOCore

/// What a watch of a bucket tells, in order.
public enum NATSKeyValueEvent: Sendable {
    /// A value or a deletion, the present ones first.
    case entry(NATSKeyValueEntry)
    /// What was there when the watch began has been told.
    case initialValuesDone
    /// The bucket was deleted or made anew: forget what was told. Its entries follow, when there is one, and
    /// ``initialValuesDone`` again.
    case reset(NATSStreamReset)
    /// Changes may be late. Told again if the reason changes.
    case stalled(NATSJetStreamError)
    case resumed
}

/// What a watch gives besides changes.
public enum NATSKeyValueWatchStart: Sendable {
    /// The present entry of each key.
    case present
    /// Every revision that is kept.
    case history
    case changesOnly
}

extension NATSKeyValue {
    /// Tells the values of keys and their changes until the watch is cancelled, whatever becomes of the link.
    ///
    /// - Parameters:
    ///   - pattern: which keys: `*` one token, `>` the rest.
    ///   - headersOnly: leaves the values out; only keys and revisions are told.
    ///   - handle: called on the event loop; must not block.
    public func watch(
        _ pattern: String = ">", start: NATSKeyValueWatchStart = .present, headersOnly: Bool = false,
        handle: @escaping @Sendable (NATSKeyValueEvent) -> Void
    ) throws(NATSJetStreamError) -> NATSOrderedConsumer {
        try check(pattern, wildcards: true)
        let position: NATSStreamStart =
            switch start {
            case .present: .lastPerSubject
            case .history: .all
            case .changesOnly: .new
            }
        let watch = NIOLoopBoundBox.makeBoxSendingValue(
            NATSKeyValueWatch(prefix: prefix, handle: handle), eventLoop: jetStream.connection.eventLoop)
        return try jetStream.orderedConsumer(
            stream: stream, filter: prefix + pattern, start: position, headersOnly: headersOnly
        ) { watch.value.take($0) }
    }
}

/// Turns what an ordered consumer tells into entries, and counts the first ones.
private final class NATSKeyValueWatch {
    private let prefix: String
    private let handle: @Sendable (NATSKeyValueEvent) -> Void
    /// Entries that were there at the start and are to come; nil when that is told.
    private var missing: UInt64?

    init(prefix: String, handle: @escaping @Sendable (NATSKeyValueEvent) -> Void) {
        self.prefix = prefix
        self.handle = handle
    }

    func take(_ event: NATSStreamEvent) {
        switch event {
        case .started(let position):
            missing = position.pending
            if position.pending == 0 { finish() }
        case .message(let message):
            if let entry = NATSKeyValueEntry(message, prefix: prefix) { handle(.entry(entry)) }
            guard let missing else { return }
            self.missing = missing - 1
            // Entries that were replaced meanwhile do not come: then the server says that nothing is left.
            if missing == 1 || message.pending == 0 { finish() }
        case .skipped:
            // What is gone was replaced or has expired: the present entries are told all the same.
            break
        case .reset(let reset): handle(.reset(reset))
        case .stalled(let error): handle(.stalled(error))
        case .resumed: handle(.resumed)
        }
    }

    private func finish() {
        missing = nil
        handle(.initialValuesDone)
    }
}
