import NIOCore
import PluginKit

/// The side of a replay that waits for the history.
struct ReplayReading: Sendable {
    let replay: NIOLoopBound<Replay>
    let loop: any EventLoop
    let history: any History
    let subject: String
    let start: HistoryStart

    private static let batchSize = 256
    /// How often a history may say that it is at its end, but not where the live log was.
    private static let patience = 100

    func run() async {
        do {
            let position = try await read()
            loop.execute { [replay] in replay.value.reached(position) }
        } catch {
            loop.execute { [replay] in replay.value.failed(error) }
        }
    }

    /// Returns the place up to which everything has been sent: at least where the live log was when the member entered.
    private func read() async throws -> HistoryToken {
        var reader = try await history.reader(subject, from: start)
        defer { reader.close() }
        var entry: HistoryToken?
        var attempts = 0
        while true {
            let batch = try await next(reader)
            guard batch.isAtEnd || entry != nil else { continue }
            var goal = if let entry { entry } else { try await enterLane() }
            if !batch.position.hasReached(goal), batch.isAtEnd {
                // The live log was told by another way, and may be ahead of the history, or behind.
                attempts += 1
                if attempts > Self.patience { throw BusFailure.refused("the stream is behind its own messages") }
                try await Task.sleep(for: .milliseconds(20))
                let now = try await livePosition()
                if now.epoch != goal.epoch { goal = now }
                if now.epoch != batch.position.epoch {
                    // Made anew: a reader of the old stream is at its end for good. Another says what is gone.
                    reader.close()
                    reader = try await history.reader(subject, from: .after(batch.position))
                }
            }
            if batch.position.hasReached(goal) { return batch.position }
            entry = goal
        }
    }

    /// A batch that the client has been sent, as far as its socket has room.
    private func next(_ reader: any HistoryReader) async throws -> HistoryBatch {
        let batch = try await reader.next(Self.batchSize)
        var message = 0
        repeat {
            message = try await withCheckedThrowingContinuation { [message] continuation in
                loop.execute { [replay] in replay.value.write(batch, from: message, continuation) }
            }
        } while message < batch.messages.count
        return batch
    }

    private func enterLane() async throws -> HistoryToken {
        try await withCheckedThrowingContinuation { continuation in
            loop.execute { [replay] in replay.value.enterLane(continuation) }
        }
    }

    private func livePosition() async throws -> HistoryToken {
        try await withCheckedThrowingContinuation { continuation in
            loop.execute { [replay] in replay.value.tellPosition(continuation) }
        }
    }
}

extension HistoryToken {
    fileprivate func hasReached(_ goal: HistoryToken) -> Bool { epoch == goal.epoch && sequence >= goal.sequence }
}
