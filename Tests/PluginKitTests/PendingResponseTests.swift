import Dispatch
import PluginKit
import Synchronization
import Testing

@Suite("Pending responses")
struct PendingResponseTests {
    enum Step: Sendable, CaseIterable { case complete, fail, cancel, deliver, onCancel }

    /// Every sequence of up to five steps, `deliver` and `onCancel` at most once each, against the rule in plain words.
    @Test("Every order of calls: the first to settle wins, and is delivered once")
    func everyOrder() throws {
        var sequences: [[Step]] = [[]]
        var checked = 0
        for _ in 0..<5 {
            sequences = sequences.flatMap { head in
                Step.allCases.filter { ($0 != .deliver && $0 != .onCancel) || !head.contains($0) }.map { head + [$0] }
            }
            for sequence in sequences {
                try check(sequence)
                checked += 1
            }
        }
        #expect(checked > 1500)
    }

    private func check(_ sequence: [Step]) throws {
        let record = Record()
        var accepted: [Int] = []
        let pending = PendingResponse()
        for (index, step) in sequence.enumerated() {
            switch step {
            case .complete: if pending.complete(Response(status: 200 + index)) { accepted.append(index) }
            case .fail: if pending.fail(Numbered(number: 200 + index)) { accepted.append(index) }
            case .cancel: pending.cancel()
            case .deliver: pending.deliver { record.outcome($0) }
            case .onCancel: pending.onCancel { record.cancelled() }
            }
        }
        let settled = sequence.firstIndex { $0 == .complete || $0 == .fail || $0 == .cancel }
        let isCancelled = settled.map { sequence[$0] == .cancel } ?? false
        let answer = isCancelled ? nil : settled
        try #require(accepted == (answer.map { [$0] } ?? []), "\(sequence)")
        let delivered = sequence.contains(.deliver) ? answer : nil
        let outcome = delivered.map { sequence[$0] == .complete ? Outcome.response(200 + $0) : .error(200 + $0) }
        try #require(record.outcomes == (outcome.map { [$0] } ?? []), "\(sequence)")
        try #require(record.cancellations == (isCancelled && sequence.contains(.onCancel) ? 1 : 0), "\(sequence)")
    }

    @Test("Delivered before `complete` returns, or before `deliver` returns")
    func synchronous() {
        let record = Record()
        let late = PendingResponse()
        late.deliver { record.outcome($0) }
        #expect(record.outcomes == [])
        late.complete(Response(status: 201))
        #expect(record.outcomes == [.response(201)])
        let early = PendingResponse()
        early.fail(Numbered(number: 2))
        early.deliver { record.outcome($0) }
        #expect(record.outcomes == [.response(201), .error(2)])
    }

    /// The callbacks run outside the lock.
    @Test("A callback may call back")
    func reentrance() {
        let pending = PendingResponse()
        let record = Record()
        pending.deliver { outcome in
            record.outcome(outcome)
            #expect(!pending.complete(Response()))
            pending.cancel()
        }
        #expect(pending.complete(Response(status: 202)))
        #expect(record.outcomes == [.response(202)])
        let cancelled = PendingResponse()
        cancelled.onCancel {
            record.cancelled()
            #expect(!cancelled.complete(Response()))
            cancelled.cancel()
        }
        cancelled.cancel()
        #expect(record.cancellations == 1)
    }

    @Test("What the callbacks hold is released once the outcome is in", arguments: [Step.complete, .fail, .cancel])
    func releases(step: Step) {
        let pending = PendingResponse()
        weak var held: Record?
        do {
            let record = Record()
            held = record
            pending.deliver { record.outcome($0) }
            pending.onCancel { record.cancelled() }
        }
        #expect(held != nil)
        switch step {
        case .complete: pending.complete(Response())
        case .fail: pending.fail(Numbered(number: 1))
        default: pending.cancel()
        }
        #expect(held == nil)
        // Nor is what comes too late kept.
        do {
            let record = Record()
            held = record
            pending.deliver { record.outcome($0) }
            if step != .cancel { pending.onCancel { record.cancelled() } }
            pending.deliver { record.outcome($0) }
        }
        #expect(held == nil)
    }

    @Test("Five threads at once: one outcome, delivered once, to whoever waited")
    func threads() throws {
        var tally: [Outcome?: Int] = [:]
        for round in 0..<3000 {
            let pending = PendingResponse()
            let record = Record()
            let accepted = Atomic(0)
            DispatchQueue.concurrentPerform(iterations: 5) { index in
                // A different thread goes first each round.
                switch Step.allCases[(index + round) % 5] {
                case .complete: if pending.complete(Response(status: 200)) { accepted.add(1, ordering: .relaxed) }
                case .fail: if pending.fail(Numbered(number: 500)) { accepted.add(1, ordering: .relaxed) }
                case .cancel: pending.cancel()
                case .deliver: pending.deliver { record.outcome($0) }
                case .onCancel: pending.onCancel { record.cancelled() }
                }
            }
            let answers = accepted.load(ordering: .relaxed)
            try #require(answers + record.cancellations == 1)
            try #require(record.outcomes.count == answers)
            tally[record.outcomes.first, default: 0] += 1
        }
        #expect(tally[.response(200)] ?? 0 > 0 && tally[.error(500)] ?? 0 > 0 && tally[nil] ?? 0 > 0, "\(tally)")
    }
}

/// An outcome reduced to a number that says where it came from.
enum Outcome: Hashable, Sendable {
    case response(Int)
    case error(Int)
    case otherError
}

struct Numbered: Error {
    var number: Int
}

/// What the host and the handler are told.
final class Record: Sendable {
    private let state = Mutex<(outcomes: [Outcome], cancellations: Int)>(([], 0))

    var outcomes: [Outcome] { state.withLock { $0.outcomes } }
    var cancellations: Int { state.withLock { $0.cancellations } }

    func outcome(_ result: Result<Response, any Error>) {
        state.withLock { $0.outcomes.append(Outcome(result)) }
    }

    func cancelled() { state.withLock { $0.cancellations += 1 } }
}

extension Outcome {
    init(_ result: Result<Response, any Error>) {
        switch result {
        case .success(let response): self = .response(response.status)
        case .failure(let error as Numbered): self = .error(error.number)
        case .failure: self = .otherError
        }
    }
}
