/// Messages that are kept: a JetStream stream, or a bounded window on the embedded bus.
///
/// Feeds of one object share what the host reads from it.
public protocol History: AnyObject, Sendable {
    /// Finds the stream, or makes it where it may; again after a failure.
    ///
    /// While the bus is away it returns, and the stream is opened as soon as it can be: until then ``reader(_:from:)``
    /// throws, and ``follow(_:deliver:)`` waits.
    /// - Throws: ``BusFailure/refused(_:)`` where trying again would not help: what is wrong, and what to do.
    func open() async throws

    /// Ends what `open` began. Followers and readers end by their own cancel and close.
    func close() async

    /// Delivers what comes to the stream on `subject` (`*` and `>` allowed) from now on. Without ``open()`` nothing.
    ///
    /// - Parameter deliver: called on a thread of the bus, in order, ``HistoryEvent/started(after:)`` first; must not
    ///   block.
    func follow(
        _ subject: String, deliver: @escaping @Sendable (HistoryEvent) -> Void
    ) -> any BusSubscription

    /// Reads what is kept on `subject`, from `start` on.
    ///
    /// - Throws: ``BusFailure/refused(_:)`` while the stream is not open, or cannot be asked.
    func reader(_ subject: String, from start: HistoryStart) async throws -> any HistoryReader
}

/// What a follower of a history sees.
public enum HistoryEvent: Sendable {
    /// Every message behind this place will be delivered.
    case started(after: HistoryToken)
    /// Its ``BusMessage/position`` is set. No sequence comes twice, and none is left out.
    case message(BusMessage)
    /// The stream was emptied or made anew, or messages were removed before they could be read: those between are gone.
    /// What follows is behind `after`, a place in the stream as it is now: of another epoch, or before what came so
    /// far if the stream was restored from a backup. Then sequences come again, as other messages.
    case lost(after: HistoryToken)
}

/// One reading of a history.
public protocol HistoryReader: Sendable {
    /// The next messages in order, at most `count`. Waits for the server, not for messages that are yet to come. Fewer
    /// than `count` are not the end: that is ``HistoryBatch/isAtEnd``. What comes later is read by a later call.
    ///
    /// - Throws: ``BusFailure``; the next call goes on where the last good one ended.
    func next(_ count: Int) async throws -> HistoryBatch
    /// Ends the reading; any thread.
    func close()
}

public struct HistoryBatch: Sendable {
    /// In order, each with its position.
    public var messages: [BusMessage]
    /// Everything up to here has been read, messages on other subjects included.
    public var position: HistoryToken
    /// Nothing more was kept at that moment.
    public var isAtEnd: Bool
    /// Messages behind the asked-for start, or between the last batch and this one, are gone; on a NATS server it may
    /// be that all of them were on other subjects. After a token of another life, and when the stream was made anew,
    /// what follows begins with the oldest.
    public var hasGap: Bool

    public init(messages: [BusMessage], position: HistoryToken, isAtEnd: Bool, hasGap: Bool = false) {
        self.messages = messages
        self.position = position
        self.isAtEnd = isAtEnd
        self.hasGap = hasGap
    }
}

/// Where to begin.
public enum HistoryStart: Sendable, Hashable {
    /// Behind a message that the client has.
    case after(HistoryToken)
    /// With the last so many on the subject.
    case last(Int)
    /// With the last message of each subject that the pattern covers.
    case lastPerSubject
}

/// A place in a history, as clients keep it: `epoch:sequence`, or `sequence` alone.
///
/// The epoch is the stream's life: a stream made anew, or an embedded window after a restart, has another, and a token
/// of an older life is a gap.
public struct HistoryToken: Sendable, Hashable, CustomStringConvertible {
    /// Letters and digits; nil if the client sent a sequence alone.
    public var epoch: String?
    /// Of the last message that was had; 0 is the beginning.
    public var sequence: UInt64

    public init(epoch: String? = nil, sequence: UInt64) {
        self.epoch = epoch
        self.sequence = sequence
    }

    /// Nil if `text` is no token.
    public init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let last = parts.last,
            !last.isEmpty, last.allSatisfy({ (0x30...0x39).contains($0) }),
            let sequence = UInt64(String(decoding: last, as: UTF8.self))
        else { return nil }
        if parts.count == 2 {
            guard (1...32).contains(parts[0].count),
                parts[0].allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) })
            else { return nil }
            epoch = String(decoding: parts[0], as: UTF8.self)
        } else {
            epoch = nil
        }
        self.sequence = sequence
    }

    public var description: String { epoch.map { "\($0):\(sequence)" } ?? "\(sequence)" }
}

/// What to keep, and under which name.
public struct HistoryConfiguration: Sendable, Hashable {
    /// The stream's name: letters, digits, `-` and `_`.
    public var stream: String
    /// What it keeps if it has to be made, as subject patterns; the embedded window always.
    public var subjects: [String]
    /// The most messages, bytes and time to keep; nil: no bound of that kind. Of a stream that exists already, its own
    /// bounds hold.
    public var messages: Int?
    public var bytes: Int?
    public var age: Duration?
    /// Make the stream where it is missing.
    public var creates: Bool

    public init(
        stream: String, subjects: [String], messages: Int? = nil, bytes: Int? = nil, age: Duration? = nil,
        creates: Bool = true
    ) {
        self.stream = stream
        self.subjects = subjects
        self.messages = messages
        self.bytes = bytes
        self.age = age
        self.creates = creates
    }
}
