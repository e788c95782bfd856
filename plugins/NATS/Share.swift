import Synchronization

/// One user's share of something that ends with its last user: taken once and given back once.
///
/// A handler may be stopped that was never started, where another one's start has failed.
final class Share: Sendable {
    private let isTaken = Mutex(false)

    /// False if it is taken already.
    func take() -> Bool { exchange(true) }
    /// False if it is not taken.
    func giveBack() -> Bool { exchange(false) }

    private func exchange(_ wanted: Bool) -> Bool {
        isTaken.withLock { isTaken in
            defer { isTaken = wanted }
            return isTaken != wanted
        }
    }
}
