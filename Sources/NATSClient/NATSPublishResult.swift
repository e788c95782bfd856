/// What became of a publish. Core NATS acknowledges nothing, so "accepted" is not "delivered".
public enum NATSPublishResult: Sendable, Equatable {
    /// It is in the outgoing buffer and goes to a server in its turn.
    case accepted
    /// Nothing was published.
    case refused(NATSRefusal)
}

/// Why a publish or a subscription was not taken.
public enum NATSRefusal: Error, Sendable, Equatable {
    /// ``NATSConfiguration/outageBufferSize`` is used up. Trying again later may succeed.
    case bufferFull
    /// Headers and payload are more than the server takes; before the first link, than servers usually take.
    case tooLarge
    /// The subject, reply subject or queue name breaks the rules of ``NATSSubject``.
    case badSubject
    /// A header name has bytes outside of visible ASCII or a colon, or a value has a line break.
    case badHeader
    case closed
}
