internal import NIOCore
internal import Synchronization

/// What callers on any thread and the event loop share, under one lock. No handler is called while it is held.
final class NATSShared: Sendable {
    private let contents: Mutex<NATSSharedState>

    init(bufferLimit: Int) { contents = Mutex(NATSSharedState(bufferLimit: bufferLimit)) }

    func withLock<Result: Sendable>(_ body: (inout NATSSharedState) -> Result) -> Result {
        contents.withLock { body(&$0) }
    }
}

struct NATSSharedState {
    /// A `PING` on its way: what the server has when it answers.
    private struct OpenPing {
        /// In ``appended``'s count.
        let covers: UInt64
        let promise: EventLoopPromise<Void>?
    }

    /// How a link's end left things.
    struct LinkEnd: Sendable {
        let wasReady: Bool
        let maybeLost: UInt64
        let waiting: Int
        let pings: [EventLoopPromise<Void>]
    }

    enum NextDrain: Sendable {
        /// Nothing waits: the next to append schedules it.
        case rest
        case now
        case soon
    }

    var state = NATSState.connecting
    var stateHandlers: [@Sendable (NATSState) -> Void] = []
    var errorHandlers: [@Sendable (NATSServerError) -> Void] = []
    var maxPayload = NATSServerInfo.usualMaxPayload
    var isClosing = false
    var counters = NATSStatistics()
    private(set) var subscriptions: [UInt64: NATSSubscription] = [:]
    /// Subscriptions that get what is on its way, and nothing more.
    var ending: [UInt64: NATSSubscription] = [:]

    private let bufferLimit: Int
    private var lastNumber: UInt64 = 0
    var outbox = NATSOutbox()
    /// There is a link that takes bytes.
    private(set) var isReady = false
    /// What is published waits for the end of a move to another server.
    var isMoving = false
    /// Somebody is going to empty the outbox.
    private var isDrainScheduled = false
    private var pings = CircularBuffer<OpenPing>(initialCapacity: 4)
    /// Publishes ever put into the outbox, without those dropped there.
    private var appended: UInt64 = 0
    /// Publishes known to be at a server, or written off.
    private var confirmed: UInt64 = 0

    init(bufferLimit: Int) { self.bufferLimit = bufferLimit }

    /// Publishes given to links.
    private var handed: UInt64 { appended - UInt64(outbox.messageCount) }
    var hasUnconfirmed: Bool { handed > confirmed }
    var hasOpenPing: Bool { !pings.isEmpty }
    var hasWaiting: Bool { outbox.messageCount > 0 }

    var statistics: NATSStatistics {
        var result = counters
        result.waiting = UInt64(outbox.messageCount)
        result.waitingBytes = outbox.byteCount
        result.subscriptions = subscriptions.count + ending.count
        return result
    }

    /// True if the caller has to see to it that the outbox is emptied.
    private mutating func needsDrain() -> Bool {
        guard isReady, !isDrainScheduled else { return false }
        isDrainScheduled = true
        return true
    }

    mutating func publish(_ publication: NATSPublication) -> (result: NATSPublishResult, needsDrain: Bool) {
        guard !isClosing else { return (refuse(.closed), false) }
        guard publication.size <= maxPayload else { return (refuse(.tooLarge), false) }
        guard outbox.byteCount + publication.encodedSizeBound <= bufferLimit else {
            return (refuse(.bufferFull), false)
        }
        outbox.append(publication)
        appended += 1
        counters.published += 1
        return (.accepted, needsDrain())
    }

    mutating func refuse(_ refusal: NATSRefusal) -> NATSPublishResult {
        counters.refused += 1
        return .refused(refusal)
    }

    /// Nil if the connection is closed.
    mutating func subscribe(
        _ make: (UInt64) -> NATSSubscription
    ) -> (subscription: NATSSubscription, needsDrain: Bool)? {
        guard !isClosing else { return nil }
        lastNumber += 1
        let subscription = make(lastNumber)
        subscriptions[lastNumber] = subscription
        // Without a link the next one begins with all subscriptions.
        guard isReady else { return (subscription, false) }
        outbox.append(
            control: NATSCommand.subscribe(lastNumber, subject: subscription.subject, queue: subscription.queue))
        return (subscription, needsDrain())
    }

    /// Returns whether the outbox has to be emptied.
    mutating func unsubscribe(_ number: UInt64) -> Bool {
        guard subscriptions.removeValue(forKey: number) != nil, isReady else { return false }
        outbox.append(control: NATSCommand.unsubscribe(number))
        return needsDrain()
    }

    /// Tells the server that nothing more is wanted, while what is on its way is still delivered. Returns whether the
    /// outbox has to be emptied.
    mutating func sayUnsubscribeAll() -> Bool {
        guard isReady, !subscriptions.isEmpty else { return false }
        for number in subscriptions.keys.sorted() { outbox.append(control: NATSCommand.unsubscribe(number)) }
        return needsDrain()
    }

    /// Asks the server to answer when it has everything published so far. Returns whether the outbox has to
    /// be emptied, nil if there is no link.
    ///
    /// - Parameter promise: kept when it does, failed when the link ends first.
    mutating func ping(_ promise: EventLoopPromise<Void>?) -> Bool? {
        guard isReady else { return nil }
        outbox.append(control: NATSCommand.ping)
        pings.append(OpenPing(covers: appended, promise: promise))
        return needsDrain()
    }

    /// A `PONG` came. Returns the promise of the `PING` it answers.
    mutating func pong() -> EventLoopPromise<Void>? {
        guard let ping = pings.popFirst() else { return nil }
        confirmed = ping.covers
        return ping.promise
    }

    /// What to write now. Empty when there is nothing: the next to append schedules a drain again.
    mutating func take(upTo limit: Int) -> [ByteBuffer] {
        guard isReady, !isMoving, !outbox.isEmpty else {
            // The end of a move drains.
            isDrainScheduled = isMoving
            return []
        }
        return outbox.take(upTo: limit)
    }

    /// After a write: what about the rest?
    ///
    /// - Parameter mayRest: false if more is likely to come, so that somebody should look again soon.
    mutating func settle(mayRest: Bool) -> NextDrain {
        if outbox.byteCount >= NATSOutbox.chunkSize || (mayRest && !outbox.isEmpty) { return .now }
        guard mayRest else { return .soon }
        isDrainScheduled = false
        return .rest
    }

    /// A link is ready. Returns what to say first, and how many waiting publishes the server would not take.
    ///
    /// - Parameter known: subscriptions that the server has already.
    mutating func linkReady(
        _ info: NATSServerInfo, known: Set<UInt64>
    ) -> (lines: String, discarded: Int, needsDrain: Bool) {
        isReady = true
        maxPayload = info.maxPayload
        let discarded = outbox.dropPublishes(largerThan: info.maxPayload)
        appended -= UInt64(discarded)
        counters.discarded += UInt64(discarded)
        isDrainScheduled = !outbox.isEmpty
        var known = known
        return (isClosing ? "" : missingLines(known: &known), discarded, isDrainScheduled)
    }

    mutating func linkEnded() -> LinkEnd {
        let lost = handed - confirmed
        counters.maybeLost += lost
        confirmed = handed
        let end = LinkEnd(
            wasReady: isReady, maybeLost: lost, waiting: outbox.messageCount, pings: pings.compactMap(\.promise))
        pings.removeAll()
        outbox.dropControl()
        ending = [:]
        isReady = false
        isMoving = false
        isDrainScheduled = false
        return end
    }

    /// The connection is at its end. Returns the subscriptions it had and how many publishes were never sent.
    mutating func finish() -> (subscriptions: [NATSSubscription], discarded: Int) {
        let discarded = outbox.messageCount
        counters.discarded += UInt64(discarded)
        appended -= UInt64(discarded)
        outbox = NATSOutbox()
        defer { subscriptions = [:] }
        return (Array(subscriptions.values), discarded)
    }
}
