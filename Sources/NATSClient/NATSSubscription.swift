internal import Synchronization

/// A living interest in a subject.
///
/// It lives until ``cancel()`` or the end of its connection, whether or not somebody holds it.
public final class NATSSubscription: Sendable {
    public let subject: String
    /// The group of which one member gets each message.
    public let queue: String?
    /// Set if the subscription was never made: a bad subject, or a closed connection. It delivers nothing then.
    public let refusal: NATSRefusal?

    let number: UInt64
    let deliver: @Sendable (NATSMessage) -> Void
    let connection: NATSConnection?
    private let active: Atomic<Bool>

    init(
        subject: String, queue: String?, number: UInt64, connection: NATSConnection,
        deliver: @escaping @Sendable (NATSMessage) -> Void
    ) {
        self.subject = subject
        self.queue = queue
        self.number = number
        self.connection = connection
        self.deliver = deliver
        refusal = nil
        active = Atomic(true)
    }

    /// One that was refused.
    init(subject: String, queue: String?, refusal: NATSRefusal) {
        self.subject = subject
        self.queue = queue
        self.refusal = refusal
        number = 0
        connection = nil
        deliver = { _ in }
        active = Atomic(false)
    }

    /// False after ``cancel()``, after the connection was closed, or if it was refused.
    public var isActive: Bool { active.load(ordering: .acquiring) }

    /// Ends it; any thread, as often as you like.
    ///
    /// Nothing is delivered after this returns, but for the message being delivered now on the event loop.
    public func cancel() {
        guard deactivate() else { return }
        connection?.unsubscribe(number)
    }

    /// Returns whether it was active.
    func deactivate() -> Bool { active.exchange(false, ordering: .acquiringAndReleasing) }
}
