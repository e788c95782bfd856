import Diagnostics
import Synchronization

/// Hides the secrets of the configuration in force from log lines. Any thread.
final class SecretMask: Sendable {
    private let renderers = Mutex<[DiagnosticRenderer]>([])

    /// The configuration has changed, and with it what must be hidden. The first one's secrets stay hidden: the bus may use
    /// them to the end.
    func use(_ renderer: DiagnosticRenderer) {
        renderers.withLock { $0 = $0.prefix(1) + [renderer] }
    }

    func apply(to text: String) -> String {
        renderers.withLock { $0 }.reduce(text) { $1.masked($0) }
    }
}
