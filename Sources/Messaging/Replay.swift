import NIOCore
import PluginKit

/// Brings a member from a place in a history to what comes live: everything kept, in order and once, and no gap after.
///
/// It reads until nothing is left, gives the member a cursor at the end of the live log, and reads on until it has
/// passed the place where that log was then. What the log has up to there is skipped, and the member is like any other.
/// Used on the event loop only.
final class Replay {
    private enum Phase {
        /// The member is in no lane yet.
        case reading
        /// The member's cursor waits in its lane, until the reader has come to where that lane was.
        case closing
        /// Until the live log has come to the last message that was sent from the history.
        case passing(HistoryToken, last: UInt64)
        case over
    }

    private let hub: LoopHub
    private let member: Member
    private let topic: LoopTopic
    private let history: any History
    private let start: HistoryStart
    private let encoder: Encoder
    private var phase = Phase.reading
    private var task: Task<Void, Never>?
    /// The reader, waiting for room or for the live log to begin.
    private var room: CheckedContinuation<Void, any Error>?
    private var beginning: CheckedContinuation<HistoryToken, any Error>?
    /// Called once the live log's place is known.
    private var whenBegun: (() -> Void)?
    /// Of the last message sent.
    private var last: UInt64 = 0
    /// What the client joined meanwhile.
    var later: [Feed] = []

    init(
        _ hub: LoopHub, _ member: Member, _ topic: LoopTopic, _ history: any History, _ start: HistoryStart
    ) {
        self.hub = hub
        self.member = member
        self.topic = topic
        self.history = history
        self.start = start
        encoder = hub.encoder(member.encoding)
    }

    func begin() {
        topic.joining += 1
        let (replay, loop) = (NIOLoopBound(self, eventLoop: hub.loop), hub.loop)
        if !hub.isDraining, startsLive {
            // Not before the hook in which the client joins is over: what answers its handshake goes first.
            return enterLane { loop.execute { replay.value.startLive() } }
        }
        let reading = ReplayReading(
            replay: replay, loop: loop, history: history, subject: topic.key.subject.text, start: start)
        task = Task { await reading.run() }
    }

    // MARK: The loop's side

    /// Nothing that is kept is wanted: the client begins now, or has all that came.
    private var startsLive: Bool {
        switch start {
        case .last(0): true
        // A place that is further on may be right, or made up: the history knows.
        case .after(let token): token == topic.position
        case .last, .lastPerSubject: false
        }
    }

    private func startLive() {
        if case .after(let token) = start { return reached(token) }
        if let position = topic.position { reached(position) }
    }

    private var isOver: Bool { if case .over = phase { true } else { false } }

    fileprivate func write(_ batch: HistoryBatch, _ continuation: CheckedContinuation<Void, any Error>) {
        guard !isOver else { return continuation.resume(throwing: CancellationError()) }
        var bytes = ByteBuffer()
        if batch.hasGap {
            let first = batch.messages.first?.position?.sequence
            let after = first.map { HistoryToken(epoch: batch.position.epoch, sequence: $0 - 1) } ?? batch.position
            _ = encoder.append(.notice(.gap(after: after)), to: &bytes)
        }
        for message in batch.messages {
            last = message.position?.sequence ?? last
            if member.skipsOwn, message.origin == member.id { continue }
            _ = encoder.append(.message(message, epoch: batch.position.epoch), to: &bytes)
            hub.statistics.deliveries += 1
        }
        if bytes.readableBytes > 0 { member.port.write(bytes) }
        guard !isOver else { return continuation.resume(throwing: CancellationError()) }
        if member.port.queuedBytes > 0 { room = continuation } else { continuation.resume() }
    }

    /// All that was queued has been taken.
    func portIsReady() {
        guard let room else { return }
        self.room = nil
        room.resume()
    }

    fileprivate func enterLane(_ continuation: CheckedContinuation<HistoryToken, any Error>) {
        guard case .reading = phase else { return continuation.resume(throwing: CancellationError()) }
        beginning = continuation
        enterLane { [self] in
            if let position = topic.position { beginning?.resume(returning: position) }
            beginning = nil
        }
    }

    /// From here on the live log keeps what comes. `begun` is called once that log's place is known.
    private func enterLane(_ begun: @escaping () -> Void) {
        topic.joining -= 1
        hub.enter(member, topic)
        member.lane?.park(member)
        phase = .closing
        hub.add(self)
        if topic.position != nil { begun() } else { whenBegun = begun }
    }

    /// A tick is over.
    func positionChanged() {
        switch phase {
        case .closing where topic.position != nil:
            let begun = whenBegun
            whenBegun = nil
            begun?()
        case .passing: release()
        case .reading, .closing, .over: break
        }
    }

    /// Everything up to `position` has been sent.
    fileprivate func reached(_ position: HistoryToken) {
        guard case .closing = phase else { return }
        phase = .passing(position, last: last)
        var bytes = ByteBuffer()
        if encoder.append(.notice(.live(position)), to: &bytes) { member.port.write(bytes) }
        release()
    }

    /// Skips what was sent already, once all of it has come by the live log too.
    private func release() {
        guard case .passing(let position, let last) = phase, let lane = member.lane else { return }
        // A stream made anew counts from 1 again: nothing of it was sent.
        let isSameLife = topic.position?.epoch == position.epoch
        if isSameLife, topic.position?.sequence ?? 0 < last { return }
        end()
        if isSameLife { lane.skip(member, upTo: position.sequence) }
        lane.trim()
        hub.account(lane)
        hub.catchUp(member)
        for feed in later { hub.join(member, feed) }
    }

    private func end() {
        phase = .over
        hub.remove(self)
        member.replay = nil
    }

    /// The client is gone or does not want the feed any more.
    func cancel() {
        guard !isOver else { return }
        if case .reading = phase { topic.joining -= 1 }
        end()
        task?.cancel()
        room?.resume(throwing: CancellationError())
        beginning?.resume(throwing: CancellationError())
        room = nil
        beginning = nil
        whenBegun = nil
    }

    fileprivate func failed(_ error: any Error) {
        guard !isOver else { return }
        hub.statistics.replaysFailed += 1
        hub.giveUp(member, .unreadable("\(error)"))
    }
}

/// The side of a replay that waits for the history.
private struct ReplayReading: Sendable {
    let replay: NIOLoopBound<Replay>
    let loop: any EventLoop
    let history: any History
    let subject: String
    let start: HistoryStart

    private static let batchSize = 256
    /// How often a history may say that it is at its end before the live log's place: it was told of that by another way.
    private static let patience = 100

    func run() async {
        do {
            let reader = try await history.reader(subject, from: start)
            defer { reader.close() }
            let position = try await read(reader)
            loop.execute { [replay] in replay.value.reached(position) }
        } catch {
            loop.execute { [replay] in replay.value.failed(error) }
        }
    }

    /// Returns the place up to which everything has been sent: at least where the live log was when the member entered.
    private func read(_ reader: any HistoryReader) async throws -> HistoryToken {
        var batch: HistoryBatch
        repeat { batch = try await next(reader) } while !batch.isAtEnd
        let target = try await enterLane()
        var attempts = 0
        while batch.position.sequence < target.sequence, batch.position.epoch == target.epoch {
            batch = try await next(reader)
            guard batch.isAtEnd, batch.position.sequence < target.sequence else { continue }
            attempts += 1
            if attempts > Self.patience { throw BusFailure.refused("the stream is behind its own messages") }
            try await Task.sleep(for: .milliseconds(20))
        }
        return batch.position
    }

    /// A batch that the client has been sent, as far as its socket has room.
    private func next(_ reader: any HistoryReader) async throws -> HistoryBatch {
        let batch = try await reader.next(Self.batchSize)
        try await withCheckedThrowingContinuation { continuation in
            loop.execute { [replay] in replay.value.write(batch, continuation) }
        }
        return batch
    }

    private func enterLane() async throws -> HistoryToken {
        try await withCheckedThrowingContinuation { continuation in
            loop.execute { [replay] in replay.value.enterLane(continuation) }
        }
    }
}
