package import Logging
package import PluginKit
import Synchronization

/// Who is on which channel, over all gateway processes of a bus. Any thread.
///
/// The processes talk on `$SWITCHYARD.PREFIX`, where no client may publish unless a route says `reserved: true`; who
/// comes and goes on `CHANNEL` is announced on `PREFIX.CHANNEL`.
package final class PresenceDirectory: Sendable {
    private struct State {
        var users = 0
        var presence: PresenceState
        var subscription: (any BusSubscription)?
        var clock: Task<Void, Never>?
        /// What has happened and was not yet said to the bus: whoever finds nobody saying says it all, in order.
        var actions: [PresenceState.Action] = []
        var isActing = false
        var hasLoggedRefusal = false
    }

    private let prefix: String
    private let bus: any Bus
    private let logger: Logger
    private let beat: Duration
    private let state: Mutex<State>

    /// - Parameter beat: between two signs of life to the other processes.
    package init(prefix: String, bus: any Bus, logger: Logger, beat: Duration = .seconds(3)) {
        self.prefix = prefix
        self.bus = bus
        self.logger = logger
        self.beat = beat
        state = Mutex(State(presence: PresenceState(me: .unique())))
    }

    private var subject: String { "$SWITCHYARD.\(prefix)" }

    /// One more user; the first begins to listen to the other processes.
    package func start() {
        let isFirst = state.withLock { state in
            state.users += 1
            if state.users == 1 { state.presence = PresenceState(me: .unique()) }
            return state.users == 1
        }
        guard isFirst else { return }
        let subscription = bus.subscribe(subject) { [weak self] message in
            if let message = PresenceMessage(message.payload) { self?.handle(.received(message)) }
        }
        let clock = Task { [weak self, beat] in
            while true {
                do { try await Task.sleep(for: beat) } catch { return }
                guard let self else { return }
                self.handle(.tick(isLinked: self.bus.isAvailable))
            }
        }
        state.withLock { state in
            state.subscription = subscription
            state.clock = clock
        }
        handle(.started)
    }

    /// One user less; with the last the others are told that this process is gone.
    package func stop() {
        let last = state.withLock { state -> (subscription: (any BusSubscription)?, clock: Task<Void, Never>?)? in
            state.users -= 1
            guard state.users == 0 else { return nil }
            defer { (state.subscription, state.clock) = (nil, nil) }
            return (state.subscription, state.clock)
        }
        guard let last else { return }
        last.clock?.cancel()
        last.subscription?.cancel()
        handle(.ending)
    }

    /// A connection has come.
    package func enter(_ key: PresenceKey) { handle(.joined(key)) }
    /// A connection has gone.
    package func leave(_ key: PresenceKey) { handle(.left(key)) }

    /// Who is on a channel now.
    package func channel(_ name: String) -> PresenceChannel {
        state.withLock { $0.presence.channels[name] } ?? PresenceChannel()
    }

    /// True while nothing is known of anybody.
    package var isEmpty: Bool { state.withLock { $0.presence.channels.isEmpty } }

    private func handle(_ event: PresenceState.Event) {
        state.withLock { $0.actions += $0.presence.handle(event) }
        while let (actions, me) = taken() {
            for action in actions { perform(action, me) }
            state.withLock { $0.isActing = false }
        }
    }

    /// One thread at a time: the numbers of changes must arrive in order.
    private func taken() -> (actions: [PresenceState.Action], me: ProcessID)? {
        state.withLock { state in
            if state.isActing || state.actions.isEmpty { return nil }
            state.isActing = true
            defer { state.actions = [] }
            return (state.actions, state.presence.me)
        }
    }

    private func perform(_ action: PresenceState.Action, _ me: ProcessID) {
        switch action {
        case .send(let kind, let sequence):
            let message = PresenceMessage(sender: me, sequence: sequence, kind)
            publish(BusMessage(subject: subject, payload: message.payload))
        case .announce(let change):
            publish(BusMessage(subject: "\(prefix).\(change.key.channel)", payload: change.json, frame: .text))
        }
    }

    /// What is refused is made good by the next beat; only clients may miss an announcement.
    private func publish(_ message: BusMessage) {
        let refusal: String?
        switch bus.publish(message) {
        case .accepted, .congested: refusal = nil
        case .refused(let reason): refusal = reason
        case .tooLarge(let limit): refusal = "the bus takes at most \(limit) bytes"
        }
        let isFirst = state.withLock { state in
            defer { state.hasLoggedRefusal = refusal != nil }
            return !state.hasLoggedRefusal
        }
        guard let refusal, isFirst else { return }
        logger.warning(
            "presence cannot be told, other processes catch up later",
            metadata: ["subject": "\(message.subject)", "reason": "\(refusal)"])
    }
}

/// The directories of one gateway, by prefix.
final class PresenceDirectories: Sendable {
    private struct Reference {
        weak var directory: PresenceDirectory?
    }

    private let known = Mutex<[String: Reference]>([:])

    init() {}

    func directory(_ prefix: String, _ context: HandlerContext) -> PresenceDirectory {
        known.withLock { known in
            if let directory = known[prefix]?.directory { return directory }
            known = known.filter { $0.value.directory != nil }
            let directory = PresenceDirectory(prefix: prefix, bus: context.bus, logger: context.logger)
            known[prefix] = Reference(directory: directory)
            return directory
        }
    }
}

extension PresenceChange {
    /// `{"type":"join","channel":"…","name":"…","count":3}`, or `leave`; without `name` for who has none.
    var json: Payload {
        var out = Payload(text: #"{"type":"\#(isJoin ? "join" : "leave")","channel":"#)
        JSONText.append(key.channel, to: &out)
        if let name = key.name {
            out += #","name":"#.utf8
            JSONText.append(name, to: &out)
        }
        out += #","count":\#(count)}"#.utf8
        return out
    }
}
