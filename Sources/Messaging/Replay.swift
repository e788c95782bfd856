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
        /// The member's cursor waits in its lane: until the reader has come to where the live log was.
        case closing
        /// Until the live log has come to the last message that was sent from the history.
        case passing(HistoryToken)
        case over
    }

    private let hub: LoopHub
    private let member: Member
    let topic: LoopTopic
    private let history: any History
    private let start: HistoryStart
    private let encoder: Encoder
    private var phase = Phase.reading
    private var task: Task<Void, Never>?
    /// The reader, waiting for room to go on with a message of its batch, or for the live log's place.
    private var room: (reader: CheckedContinuation<Int, any Error>, next: Int)?
    private var beginning: CheckedContinuation<HistoryToken, any Error>?
    /// The last message sent.
    private var last = HistoryToken(sequence: 0)
    /// Where the member's cursor stood at first, if the live log had begun, and how often the stream had been made
    /// anew.
    private var entry: HistoryToken?
    private var livesAtEntry = 0
    /// A client that starts live waits for the live log to begin.
    private var waitsToStart = false
    /// What the client joined meanwhile.
    var later: [Feed] = []
    /// Its place in the hub's list.
    var index = 0

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
        hub.add(self)
        let (replay, loop) = (NIOLoopBound(self, eventLoop: hub.loop), hub.loop)
        if startsLive {
            enterLane()
            // Not before the hook in which the client joins is over: what answers its handshake goes first.
            return loop.execute { replay.value.startLive() }
        }
        let reading = ReplayReading(
            replay: replay, loop: loop, history: history, subject: topic.key.subject.text, start: start)
        task = Task { await reading.run() }
    }

    private var isOver: Bool { if case .over = phase { true } else { false } }

    // MARK: Nothing that is kept

    /// The client wants nothing that is kept, or has all that came.
    private var startsLive: Bool {
        switch start {
        case .last(0): true
        // A place that is further on may be right, or made up: the history knows.
        case .after(let token): token == topic.position
        case .last, .lastPerSubject: false
        }
    }

    private func startLive() {
        guard case .closing = phase else { return }
        if let place = entry ?? topic.start { reached(place) } else { waitsToStart = true }
    }

    // MARK: What is kept

    /// Sends messages of a batch from number `first` on, about a chunk of them; the reader gets the number of the next.
    func write(_ batch: HistoryBatch, from first: Int, _ reader: CheckedContinuation<Int, any Error>) {
        guard !isOver else { return reader.resume(throwing: CancellationError()) }
        var bytes = ByteBuffer()
        if batch.hasGap, first == 0, encoder.sendsNotices { encoder.append(.gap(after: batch.gap), to: &bytes) }
        var next = first
        while next < batch.messages.count, bytes.readableBytes < Chunk.bound {
            let message = batch.messages[next]
            next += 1
            if let sequence = message.position?.sequence {
                last = HistoryToken(epoch: batch.position.epoch, sequence: sequence)
            }
            if member.skipsOwn, message.origin == member.id { continue }
            encoder.append(message, epoch: batch.position.epoch, to: &bytes)
            hub.statistics.deliveries += 1
        }
        if bytes.readableBytes > 0 { member.port.write(bytes) }
        guard !isOver else { return reader.resume(throwing: CancellationError()) }
        if member.port.queuedBytes > 0 { room = (reader, next) } else { reader.resume(returning: next) }
    }

    /// All that was queued has been taken.
    func portIsReady() {
        guard let (reader, next) = room else { return }
        room = nil
        reader.resume(returning: next)
    }

    /// A notice that the lanes get. Those in a lane get it there, when they have come to it.
    func tell(_ notice: Envelope.Notice) {
        if case .reading = phase { hub.tell(notice, to: member, encoder) }
    }

    // MARK: What comes live

    /// From here on the live log keeps what comes.
    func enterLane(_ reader: CheckedContinuation<HistoryToken, any Error>) {
        guard case .reading = phase else { return reader.resume(throwing: CancellationError()) }
        enterLane()
        tellPosition(reader)
    }

    private func enterLane() {
        topic.joining -= 1
        hub.enter(member, topic)
        member.lane?.park(member)
        phase = .closing
        entry = topic.position
        livesAtEntry = topic.lives
    }

    /// The place up to which the live log has come, now or when it has begun.
    func tellPosition(_ reader: CheckedContinuation<HistoryToken, any Error>) {
        guard case .closing = phase else { return reader.resume(throwing: CancellationError()) }
        if let position = topic.position { reader.resume(returning: position) } else { beginning = reader }
    }

    /// A tick is over.
    func positionChanged() {
        // What has come since it began stands in the log.
        if let start = topic.start, let reader = beginning {
            beginning = nil
            reader.resume(returning: start)
        }
        if let start = topic.start, waitsToStart {
            waitsToStart = false
            return reached(start)
        }
        release()
    }

    /// Everything up to `position` has been sent.
    func reached(_ position: HistoryToken) {
        guard case .closing = phase else { return }
        phase = .passing(position)
        hub.tell(.live(position), to: member, encoder)
        release()
    }

    /// Skips what was sent already, once all of it has come by the live log too.
    private func release() {
        guard case .passing(let position) = phase, let lane = member.lane, let now = topic.position,
            let entry = entry ?? topic.start
        else { return }
        var (sequence, lives) = (position.sequence, topic.lives - livesAtEntry)
        let isAhead = last.epoch == now.epoch && now.sequence < last.sequence
        if entry.epoch == position.epoch {
            if lives == 0, isAhead { return }
            // What may follow of another life was not sent.
            lives = 0
        } else if now.epoch == position.epoch {
            if isAhead { return }
        } else {
            // Made anew once more: the client hears of that next.
            (sequence, lives) = (.max - 1, lives - 1)
        }
        end()
        let notices = lane.skip(member, upTo: sequence, lives: lives)
        lane.trim()
        hub.account(lane)
        if notices.readableBytes > 0 { member.port.write(notices) }
        hub.catchUp(member)
        for feed in later { hub.join(member, feed) }
    }

    // MARK: The end

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
        room?.reader.resume(throwing: CancellationError())
        beginning?.resume(throwing: CancellationError())
        room = nil
        beginning = nil
    }

    func failed(_ error: any Error) {
        guard !isOver else { return }
        hub.statistics.replaysFailed += 1
        hub.giveUp(member, .unreadable("\(error)"))
    }
}

extension HistoryBatch {
    /// The place up to which what was asked for is gone.
    fileprivate var gap: HistoryToken {
        guard let first = messages.first?.position?.sequence, first > 0 else { return position }
        return HistoryToken(epoch: position.epoch, sequence: first - 1)
    }
}
