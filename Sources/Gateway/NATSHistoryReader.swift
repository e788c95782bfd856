import NATSClient
import PluginKit
import Synchronization

/// A reading of a JetStream stream. It outlives the stream: made anew, it is read from its oldest message.
final class NATSHistoryReader: HistoryReader {
    private struct State {
        /// Where the next reader begins: behind what was given, as soon as something was.
        var start: HistoryStart
        var reader: NATSStreamReader?
        /// To be told with the next batch.
        var hasGap = false
        var isClosed = false
    }

    /// Of a batch, so that many large messages do not meet in memory.
    private static let batchBytes = 4 << 20

    private let history: NATSHistory
    private let subject: String
    private let state: Mutex<State>

    init(_ history: NATSHistory, _ subject: String, _ start: HistoryStart) {
        self.history = history
        self.subject = subject
        state = Mutex(State(start: start))
    }

    func begin() async throws(BusFailure) { _ = try await reader() }

    func next(_ count: Int) async throws -> HistoryBatch {
        for _ in 0..<2 {
            let reader = try await reader()
            do throws(NATSJetStreamError) {
                return take(try await reader.next(max: max(1, count), maximumBytes: Self.batchBytes))
            } catch {
                let isAnother = error == .streamReplaced || error.errorCode == NATSJetStreamAPIError.streamNotFound
                guard isAnother else { throw history.bus.failure(error) }
                state.withLock { $0.reader = nil }
                await reader.close()
            }
        }
        throw BusFailure.refused("the stream '\(history.stream)' does not stay the same")
    }

    private func take(_ batch: NATSStreamBatch) -> HistoryBatch {
        let position = batch.stream.token(batch.lastSequence)
        return state.withLock { state in
            // What `last` chose may go before it is read; what follows a place may not.
            if batch.lost != nil, case .after = state.start { state.hasGap = true }
            defer { (state.start, state.hasGap) = (.after(position), false) }
            return HistoryBatch(
                messages: batch.messages.map(NATSBus.message), position: position, isAtEnd: batch.isCaughtUp,
                hasGap: state.hasGap)
        }
    }

    func close() {
        let reader = state.withLock { state in
            defer { state.reader = nil }
            state.isClosed = true
            return state.reader
        }
        if let reader { Task { await reader.close() } }
    }

    /// The reader there is, or a new one at the place that was reached.
    private func reader() async throws(BusFailure) -> NATSStreamReader {
        let (known, start, isClosed) = state.withLock { ($0.reader, $0.start, $0.isClosed) }
        if isClosed { throw .refused("the reader is closed") }
        if let known { return known }
        do throws(NATSJetStreamError) {
            var info = try await history.jetStream.stream(history.stream)
            if case .after(let token) = start, token.epoch == info.epoch {
                info = try await history.jetStream.stream(
                    history.stream, thatHas: token.sequence, since: info.created)
            }
            history.bus.streams.learn(info)
            let (place, hasGap) = try await place(start, in: info)
            let reader = try history.jetStream.reader(of: info, filter: subject, start: place)
            state.withLock { state in
                state.reader = state.isClosed ? nil : reader
                state.hasGap = state.hasGap || hasGap
            }
            return reader
        } catch {
            if error.errorCode == NATSJetStreamAPIError.streamNotFound { history.streamIsGone() }
            throw history.bus.failure(error)
        }
    }

    private func place(
        _ start: HistoryStart, in info: NATSStreamInfo
    ) async throws(NATSJetStreamError) -> (start: NATSStreamStart, hasGap: Bool) {
        switch start {
        case .after(let token):
            let isOfThisLife = token.epoch == nil || token.epoch == info.epoch
            guard isOfThisLife, token.sequence <= info.lastSequence else { return (.sequence(1), true) }
            return (.sequence(token.sequence + 1), info.firstSequence > token.sequence + 1)
        case .last(1): return (.last, false)
        case .last(let count):
            let sequence = try await history.jetStream.sequence(
                ofLast: count, stream: history.stream, filter: subject)
            return (.sequence(sequence), false)
        case .lastPerSubject: return (.lastPerSubject, false)
        }
    }
}
