internal import NIOCore

/// The ends of subscriptions and of links that are left in peace.
extension NATSSharedState {
    func subscription(_ number: UInt64) -> NATSSubscription? { subscriptions[number] ?? ending[number] }

    /// The lines that bring a server from the subscriptions it knows to those there are; `known` is those then.
    func missingLines(known: inout Set<UInt64>) -> String {
        let new = subscriptions.values.filter { !known.contains($0.number) }.sorted { $0.number < $1.number }
        let gone = known.filter { subscriptions[$0] == nil }.sorted()
        known = Set(subscriptions.keys)
        return gone.map(NATSCommand.unsubscribe).joined()
            + new.map { NATSCommand.subscribe($0.number, subject: $0.subject, queue: $0.queue) }.joined()
    }

    /// The last words for a server that is left: what waits, no more subscriptions, and a question. From now on what
    /// is published waits.
    ///
    /// - Parameter promise: as in ``ping(_:)``.
    mutating func beginMove(_ promise: EventLoopPromise<Void>) -> [ByteBuffer] {
        for number in subscriptions.keys.sorted() { outbox.append(control: NATSCommand.unsubscribe(number)) }
        _ = ping(promise)
        let words = outbox.take(upTo: .max)
        isMoving = true
        return words
    }

    /// Takes a subscription out of the table, to get only what is on its way until the server answers. Returns whether
    /// the outbox has to be emptied; nil if there is no link or no such subscription.
    mutating func drain(_ number: UInt64, _ promise: EventLoopPromise<Void>) -> Bool? {
        guard isReady, let subscription = subscriptions[number] else { return nil }
        let needsDrain = unsubscribe(number)
        ending[number] = subscription
        let pinged = ping(promise)
        return needsDrain || pinged == true
    }

    mutating func drained(_ number: UInt64) { ending[number] = nil }
}
