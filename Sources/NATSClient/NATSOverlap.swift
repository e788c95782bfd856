/// The messages of the time when two links have the same subscriptions, so that each is delivered once.
///
/// - What comes on the old link is delivered and remembered, what comes on the new one is held. At the end of the old
///   link what is held and was not delivered follows, in its order. The new link's copies may come later still, so the
///   memory is asked for a while after that.
/// - Messages have no identity, so equal contents count as equal messages: of equal ones in a row that come in the very
///   moment of the change, one may be taken for the copy of another.
/// - It is not for queue groups: there both links are members, of which one gets a message.
package struct NATSOverlap {
    private struct Key: Hashable {
        let subscription: UInt64
        let subject: String
        let reply: String?
        let headers: [String]
        let payload: [UInt8]

        init(_ subscription: UInt64, _ message: NATSMessage) {
            self.subscription = subscription
            subject = message.subject
            reply = message.reply
            headers = message.headers.flatMap { [$0.0, $0.1] }
            payload = message.payload
        }
    }

    private let limit: Int
    private var bytes = 0
    private var delivered: [Key: Int] = [:]
    private var held: [(subscription: UInt64, message: NATSMessage)] = []

    /// - Parameter limit: bytes of payloads to remember and hold; about, since not all is counted.
    package init(limit: Int = 32 << 20) { self.limit = limit }

    /// No more fits: end it, and take what comes from now on as it comes.
    package var isFull: Bool { bytes > limit }

    /// A message of the old link.
    package mutating func deliver(_ message: NATSMessage, to subscription: UInt64) {
        delivered[Key(subscription, message), default: 0] += 1
        bytes += message.payload.count + 64
    }

    /// A message of the new link.
    package mutating func hold(_ message: NATSMessage, for subscription: UInt64) {
        held.append((subscription, message))
        bytes += message.payload.count + 64
    }

    /// The old link has ended: what is still to be delivered.
    package mutating func end() -> [(subscription: UInt64, message: NATSMessage)] {
        defer { held = [] }
        return held.filter { !wasDelivered($0.message, to: $0.subscription) }
    }

    /// Whether a message of the new link came on the old one. Each of the old link's counts once.
    package mutating func wasDelivered(_ message: NATSMessage, to subscription: UInt64) -> Bool {
        guard let index = delivered.index(forKey: Key(subscription, message)) else { return false }
        delivered.values[index] -= 1
        if delivered.values[index] == 0 { delivered.remove(at: index) }
        return true
    }
}
