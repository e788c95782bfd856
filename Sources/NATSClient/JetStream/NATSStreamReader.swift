/// Reads what a stream has, in batches, as fast as its caller takes them; each message once and in order.
///
/// - It keeps a consumer on the server, which the server forgets after ``close()`` or when nobody reads for a while; a
///   later ``next(max:maximumBytes:)`` makes another that goes on behind the last message given.
/// - After an error the next call goes on where the last good one ended.
/// - A reader that nobody holds ends like a closed one, only later.
public actor NATSStreamReader {
    private let jetStream: NATSJetStream
    private let stream: String
    private var configuration: NATSConsumerConfiguration
    private var consumer: NATSPullConsumer?
    /// The stream as it was when it was last looked at.
    private var info: NATSStreamInfo
    /// Everything that matches up to here was given; nil until the server chose where to begin.
    private var covered: UInt64?
    private var wasOpened = false
    /// Nothing was left at the last call: what is known of the stream is too old to tell how far this one comes.
    private var wasCaughtUp = false
    private var isReading = false
    private var isClosed = false

    init(
        _ jetStream: NATSJetStream, _ info: NATSStreamInfo, _ configuration: NATSConsumerConfiguration
    ) {
        self.jetStream = jetStream
        self.info = info
        self.configuration = configuration
        stream = info.configuration.name
        covered =
            switch configuration.start {
            case .new: info.lastSequence
            case .sequence(let sequence): max(1, sequence) - 1
            case .all, .time, .last, .lastPerSubject: nil
            }
    }

    /// The next messages that are there; none if nothing is left for now.
    ///
    /// - Parameters:
    ///   - max: at most so many.
    ///   - maximumBytes: of a batch, as the server counts them; a single larger message is given nevertheless.
    /// - Throws: ``NATSJetStreamError``; ``NATSJetStreamError/streamReplaced`` for good: this reader is at its end.
    public func next(max: Int = 256, maximumBytes: Int? = nil) async throws(NATSJetStreamError) -> NATSStreamBatch {
        guard !isClosed else { throw .invalid("the reader is closed") }
        guard !isReading else { throw .invalid("the reader is asked twice at the same time") }
        guard max > 0, maximumBytes ?? 1 > 0 else { throw .invalid("a batch of nothing is asked for") }
        isReading = true
        defer { isReading = false }
        if wasCaughtUp { try await look() }
        let deadline = ContinuousClock.now + jetStream.timeout
        while true {
            let (messages, end) = try await read(max, maximumBytes)
            if let batch = try await batch(messages, end) {
                wasCaughtUp = batch.isCaughtUp
                return batch
            }
            // The server of the consumer has yet to hear of messages that the stream has.
            guard ContinuousClock.now < deadline else { throw .request(.timeout) }
            try? await Task.sleep(for: .milliseconds(20))
            if Task.isCancelled { throw .request(.cancelled) }
        }
    }

    private func read(
        _ max: Int, _ maximumBytes: Int?
    ) async throws(NATSJetStreamError) -> ([NATSStreamMessage], NATSPullConsumer.End) {
        // A server forgets a consumer that was not used for a while: the second attempt has another.
        for _ in 0..<2 {
            let consumer = try await current()
            var (messages, end) = await consumer.read(max, maximumBytes: maximumBytes)
            if end == .tooLarge, messages.isEmpty { (messages, end) = await consumer.read(1, maximumBytes: nil) }
            switch end {
            case .full, .noMore, .tooLarge: return (messages, end)
            case .gone: drop()
            case .failed(let error):
                drop()
                throw error
            }
            // What came before the break is good.
            if !messages.isEmpty { return (messages, .tooLarge) }
        }
        throw .request(.timeout)
    }

    /// Ends it; the server forgets its consumer.
    public func close() {
        isClosed = true
        consumer?.close()
        consumer = nil
    }

    private func drop() {
        consumer?.close()
        consumer = nil
    }

    private func current() async throws(NATSJetStreamError) -> NATSPullConsumer {
        if let consumer { return consumer }
        return try await open()
    }

    /// Another consumer, behind what was given.
    private func open() async throws(NATSJetStreamError) -> NATSPullConsumer {
        // What it was made with is new enough for its first consumer.
        if wasOpened { try await look() }
        wasOpened = true
        if let covered { configuration.start = .sequence(covered + 1) }
        let made = try await NATSPullConsumer.make(configuration.completed(by: info), jetStream, stream: stream)
        guard !isClosed else {
            made.close()
            throw .invalid("the reader is closed")
        }
        consumer = made
        return made
    }

    /// Is it still the same stream?
    private func look() async throws(NATSJetStreamError) {
        let now = try await jetStream.stream(stream, thatHas: covered ?? 0, since: info.created)
        guard now.created == info.created, now.lastSequence >= covered ?? 0 else { throw .streamReplaced }
        info = now
    }

    /// Nil if there is nothing to give yet, although the stream has it.
    private func batch(
        _ found: [NATSStreamMessage], _ end: NATSPullConsumer.End
    ) async throws(NATSJetStreamError) -> NATSStreamBatch? {
        let before = covered
        // A server that lags begins too early.
        let messages = found.filter { $0.sequence > before ?? 0 }
        var pending = end == .noMore && messages.isEmpty ? 0 : messages.last?.pending ?? 1
        if pending > 0, messages.isEmpty { return nil }
        var reached = Swift.max(before ?? 0, messages.last?.sequence ?? 0)
        // Everything up to the latest sequence known before is read when nothing is pending any more.
        if pending == 0, info.lastSequence > reached {
            if before != nil || !messages.isEmpty, try await hasMore(behind: reached) {
                if messages.isEmpty { return nil }
                pending = 1
            } else {
                reached = info.lastSequence
            }
        }
        var lost: ClosedRange<UInt64>?
        if let before, hasJump(messages, from: before, to: reached) {
            try await look()
            let first = Swift.min(info.firstSequence, reached + 1)
            if first > before + 1 { lost = lostRange(before + 1..<first, messages) }
        }
        covered = reached
        return NATSStreamBatch(messages: messages, pending: pending, lastSequence: reached, lost: lost, stream: info)
    }

    /// Whether the leader of the stream has matching messages that the consumer says are not there: it may be on a
    /// server that lags.
    private func hasMore(behind sequence: UInt64) async throws(NATSJetStreamError) -> Bool {
        let query = NATSStreamMessageQuery.next(sequence: sequence + 1, filter: configuration.filter ?? ">")
        guard let next = try await jetStream.message(query, stream: stream) else { return false }
        return next.sequence <= info.lastSequence
    }

    /// Are there sequences behind `before` up to `reached` that did not come?
    private func hasJump(_ messages: [NATSStreamMessage], from before: UInt64, to reached: UInt64) -> Bool {
        reached - before != UInt64(messages.count)
    }

    /// What is gone of `range`, from the first sequence that did not come to the last.
    private func lostRange(_ range: Range<UInt64>, _ messages: [NATSStreamMessage]) -> ClosedRange<UInt64>? {
        let given = Set(messages.map(\.sequence))
        guard let first = range.first(where: { !given.contains($0) }),
            let last = range.reversed().first(where: { !given.contains($0) })
        else { return nil }
        return first...last
    }
}

extension NATSJetStream {
    /// A reader of what a stream has.
    ///
    /// - Parameters:
    ///   - filter: only messages on subjects that match.
    ///   - headersOnly: leaves the payloads out.
    ///   - inactiveThreshold: after how long without a call the server may forget the reader.
    public func reader(
        stream: String, filter: String? = nil, start: NATSStreamStart = .all, headersOnly: Bool = false,
        inactiveThreshold: Duration = .seconds(30)
    ) async throws(NATSJetStreamError) -> NATSStreamReader {
        try reader(
            of: try await self.stream(stream), filter: filter, start: start, headersOnly: headersOnly,
            inactiveThreshold: inactiveThreshold)
    }

    /// A reader of a stream that was looked at a moment ago.
    public func reader(
        of stream: NATSStreamInfo, filter: String? = nil, start: NATSStreamStart = .all, headersOnly: Bool = false,
        inactiveThreshold: Duration = .seconds(30)
    ) throws(NATSJetStreamError) -> NATSStreamReader {
        try check(filter: filter)
        return NATSStreamReader(
            self, stream,
            .reading(
                filter: filter, start: start, headersOnly: headersOnly, inactiveThreshold: inactiveThreshold))
    }

    /// The sequence to begin at in order to read the latest `count` messages that match; the stream's next sequence if
    /// none does, its first if there are fewer.
    ///
    /// Searches by asking how many match from a sequence on: about as often as the range of sequences can be halved,
    /// and only a few times where matching messages are spread evenly.
    public func sequence(
        ofLast count: Int, stream: String, filter: String? = nil
    ) async throws(NATSJetStreamError) -> UInt64 {
        let info = try await self.stream(stream)
        let total = try await matching(from: info.firstSequence, info, filter)
        guard count > 0, total > 0 else { return info.lastSequence + 1 }
        let count = UInt64(count)
        guard total > count else { return info.firstSequence }
        // Always: at least `count` match from `low` on, fewer from `high` on.
        var (low, lowCount) = (info.firstSequence, total)
        var (high, highCount) = (info.lastSequence + 1, UInt64(0))
        var guesses = true
        while lowCount > count, high - low > 1 {
            var middle = low + (high - low) / 2
            if guesses {
                let share = Double(lowCount - count) / Double(lowCount - highCount)
                middle = low + UInt64(Double(high - low) * share)
            }
            // Every other step halves, for messages that lie unevenly.
            guesses.toggle()
            middle = min(max(middle, low + 1), high - 1)
            let found = try await matching(from: middle, info, filter)
            if found >= count { (low, lowCount) = (middle, found) } else { (high, highCount) = (middle, found) }
        }
        return low
    }

    /// How many messages match from a sequence on.
    private func matching(
        from sequence: UInt64, _ info: NATSStreamInfo, _ filter: String?
    ) async throws(NATSJetStreamError) -> UInt64 {
        guard sequence <= info.lastSequence else { return 0 }
        let stream = info.configuration.name
        let configuration = NATSConsumerConfiguration.reading(
            filter: filter, start: .sequence(sequence), headersOnly: true, inactiveThreshold: .seconds(5))
        let consumer = try await createConsumer(configuration, stream: stream)
        // Nobody waits for it to go.
        call("CONSUMER.DELETE.\(stream).\(consumer.name)") { _ in }
        return consumer.pending
    }
}
