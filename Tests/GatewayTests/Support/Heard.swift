import PluginKit
import Synchronization

/// What came, on whatever thread.
final class Heard<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    var all: [Element] { elements.withLock { $0 } }
    var count: Int { elements.withLock { $0.count } }

    func append(_ element: Element) { elements.withLock { $0.append(element) } }
}

/// Waits until `condition` holds; false if it does not within `limit`.
func eventually(within limit: Duration = .seconds(10), _ condition: () throws -> Bool) async rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while try !condition() {
        if ContinuousClock.now > deadline { return false }
        try? await Task.sleep(for: .milliseconds(2))
    }
    return true
}

/// Tries again until it succeeds; throws the last error after ten seconds.
func eventuallySucceeds<Result>(_ body: () async throws -> Result) async throws -> Result {
    let deadline = ContinuousClock.now + .seconds(10)
    while true {
        do {
            return try await body()
        } catch {
            if ContinuousClock.now > deadline { throw error }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

extension BusMessage {
    init(
        _ subject: String, _ text: String, _ frame: Frame = .unspecified, headers: [(name: String, value: String)] = [],
        origin: UInt64 = 0
    ) {
        self.init(
            subject: subject, payload: Payload(text: text), frame: frame, headers: headers, origin: origin)
    }

    var text: String { payload.text }
    var sequence: UInt64 { position?.sequence ?? 0 }
}

extension Heard where Element == BusMessage {
    var texts: [String] { all.map(\.text) }
}
