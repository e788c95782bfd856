import Diagnostics
import Synchronization

/// Hides the secrets of the configuration in force from log lines. Any thread.
final class SecretMask: Sendable {
    private let renderer = Mutex(DiagnosticRenderer(sources: [:]))

    /// The configuration has changed, and with it what must be hidden.
    func use(_ renderer: DiagnosticRenderer) {
        self.renderer.withLock { $0 = renderer }
    }

    func apply(to text: String) -> String {
        renderer.withLock { $0 }.masked(text)
    }
}
