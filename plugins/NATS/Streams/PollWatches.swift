package import PluginKit
import Synchronization

/// Requests that wait for something to come, by subject: those on one subject share one follower of the history.
package final class PollWatches: Sendable {
    /// What a wait ends with.
    package enum Outcome: Sendable, Equatable {
        /// The time is over, or the client has left.
        case nothing
        /// For who had no place: it is here now.
        case started(HistoryToken)
        /// There may be something behind the place, up to here.
        case changed(HistoryToken)
    }

    private struct Watch {
        /// The waiter that it was made for: what an earlier watch of the subject still hears is not for this one.
        let number: UInt64
        var subscription: (any BusSubscription)?
        /// How far the subject has come; nil until the follower has started.
        var last: HistoryToken?
        var waiters: [UInt64: (place: HistoryToken?, answer: Pending<Outcome>)] = [:]

        /// What somebody who has `place` must be told.
        func news(_ place: HistoryToken?) -> Outcome? {
            guard let last else { return nil }
            guard let place else { return .started(last) }
            return last.isBehind(place) ? .changed(last) : nil
        }
    }

    private struct State {
        var watches: [String: Watch] = [:]
        var lastNumber: UInt64 = 0
        var hasEnded = false
    }

    private let state = Mutex(State())

    package init() {}

    /// Returns when there is something for a client, or the time is over.
    /// - Parameter place: what the client has; nil to learn where it is.
    package func wait(
        on subject: String, in history: any History, behind place: HistoryToken?,
        until deadline: ContinuousClock.Instant
    ) async -> Outcome {
        if let place, deadline <= .now { return state.withLock { $0.watches[subject]?.news(place) } ?? .nothing }
        let answer = Pending<Outcome>()
        let number = add(answer, subject, history, behind: place)
        defer { remove(number, subject) }
        let clock = Task {
            try? await Task.sleep(until: deadline, clock: .continuous)
            answer.complete(.nothing)
        }
        defer { clock.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                answer.deliver { continuation.resume(returning: (try? $0.get()) ?? .nothing) }
            }
        } onCancel: {
            answer.complete(.nothing)
        }
    }

    /// Everybody gets nothing, now and from now on.
    package func end() {
        let watches = state.withLock { state in
            state.hasEnded = true
            defer { state.watches = [:] }
            return state.watches.values.map {
                (subscription: $0.subscription, waiters: $0.waiters.values.map(\.answer))
            }
        }
        for watch in watches {
            watch.subscription?.cancel()
            for answer in watch.waiters { answer.complete(.nothing) }
        }
    }

    /// True while nobody waits.
    package var isIdle: Bool { state.withLock { $0.watches.isEmpty } }

    private func add(
        _ answer: Pending<Outcome>, _ subject: String, _ history: any History, behind place: HistoryToken?
    ) -> UInt64 {
        let (number, isFirst, outcome) = state.withLock { state -> (UInt64, Bool, Outcome?) in
            state.lastNumber += 1
            if state.hasEnded { return (state.lastNumber, false, .nothing) }
            let isFirst = state.watches[subject] == nil
            state.watches[subject, default: Watch(number: state.lastNumber)].waiters[state.lastNumber] = (place, answer)
            return (state.lastNumber, isFirst, state.watches[subject]?.news(place))
        }
        if let outcome { answer.complete(outcome) }
        if isFirst { follow(subject, in: history, for: number) }
        return number
    }

    /// Out of the lock: a follower may be told where it starts before this returns.
    private func follow(_ subject: String, in history: any History, for number: UInt64) {
        let subscription = history.follow(subject) { [weak self] event in self?.took(event, subject, number) }
        let isWanted = state.withLock { state in
            guard state.watches[subject]?.number == number else { return false }
            state.watches[subject]?.subscription = subscription
            return true
        }
        if !isWanted { subscription.cancel() }
    }

    private func remove(_ number: UInt64, _ subject: String) {
        let subscription = state.withLock { state -> (any BusSubscription)? in
            guard let watch = state.watches[subject] else { return nil }
            state.watches[subject]?.waiters[number] = nil
            guard watch.waiters.count == 1, watch.waiters[number] != nil else { return nil }
            state.watches[subject] = nil
            return watch.subscription
        }
        subscription?.cancel()
    }

    private func took(_ event: HistoryEvent, _ subject: String, _ number: UInt64) {
        let told = state.withLock { state -> [(Pending<Outcome>, Outcome)] in
            guard var watch = state.watches[subject], watch.number == number else { return [] }
            switch event {
            case .started(let token), .lost(let token): watch.last = token
            case .message(let message):
                watch.last = HistoryToken(epoch: watch.last?.epoch, sequence: message.position?.sequence ?? 0)
            }
            state.watches[subject] = watch
            return watch.waiters.values.compactMap { waiter in
                watch.news(waiter.place).map { (waiter.answer, $0) }
            }
        }
        for (answer, outcome) in told { answer.complete(outcome) }
    }
}
