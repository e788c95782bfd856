import Foundation
import NATSClient
import TestSupport

/// A server with JetStream, file storage in a folder of its own, and a connection that is up when `body` begins.
func withJetStream<Result>(
    _ serverConfiguration: String = "", domain: String? = nil, change: (inout NATSConfiguration) -> Void = { _ in },
    _ body: (NATSServerProcess, NATSJetStream) async throws -> Result
) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("nats-store-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let domainLine = domain.map { "domain: \($0)" } ?? ""
    let lines = "jetstream { store_dir: \"\(folder.path)\"\n\(domainLine) }\n\(serverConfiguration)"
    return try await withServer(lines, change: change) { server, connection in
        let jetStream = NATSJetStream(connection, domain: domain, timeout: .seconds(2))
        // It takes connections a moment before it takes requests.
        try await eventuallySucceeds { _ = try await jetStream.streamNames() }
        return try await body(server, jetStream)
    }
}

/// Tries again until it succeeds; throws the last error after five seconds.
func eventuallySucceeds<Result>(_ body: () async throws -> Result) async throws -> Result {
    let deadline = ContinuousClock.now + .seconds(5)
    while true {
        do {
            return try await body()
        } catch {
            if ContinuousClock.now > deadline { throw error }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

extension NATSJetStream {
    /// A stream `S` on `s.>`.
    @discardableResult
    func makeStream(
        _ change: (inout NATSStreamConfiguration) -> Void = { _ in }
    ) async throws -> NATSStreamInfo {
        var configuration = NATSStreamConfiguration(name: "S", subjects: ["s.>"])
        change(&configuration)
        return try await createStream(configuration)
    }

    /// Messages "0", "1", … one after the other; `subject` by number.
    func fill(_ numbers: Range<Int>, subject: (Int) -> String = { _ in "s.x" }) async throws {
        for number in numbers.dropLast() {
            _ = connection.publish(subject: subject(number), payload: Array("\(number)".utf8))
        }
        // When the last is stored, all are: what the server has heard is not yet in the stream.
        guard let last = numbers.last else { return }
        try await publish(subject: subject(last), payload: Array("\(last)".utf8))
    }
}

extension NATSStreamMessage {
    var text: String { String(decoding: payload, as: UTF8.self) }
}

/// What an ordered consumer told, as text.
final class StreamEvents: Sendable {
    let all = Collected<NATSStreamEvent>()

    var sequences: [UInt64] {
        all.values.compactMap { if case .message(let message) = $0 { message.sequence } else { nil } }
    }

    /// Without the messages.
    var words: [String] { all.values.compactMap(Self.word) }

    private static func word(_ event: NATSStreamEvent) -> String? {
        switch event {
        case .started(let position): "started \(position.after)"
        case .message: nil
        case .skipped(let range): "skipped \(range.lowerBound)-\(range.upperBound)"
        case .reset(let reset): "reset \(reset)"
        case .stalled(let error): "stalled \(error.label)"
        case .resumed: "resumed"
        }
    }
}
