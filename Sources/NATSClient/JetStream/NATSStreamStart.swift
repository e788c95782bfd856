/// Where in a stream reading begins.
public enum NATSStreamStart: Sendable, Equatable {
    /// At the oldest message.
    case all
    /// Behind the latest.
    case new
    /// At this sequence, or the next there is.
    case sequence(UInt64)
    /// At the first message stored then or later.
    case time(NATSTimestamp)
    /// At the latest message that matches.
    case last
    /// With the latest message of each subject that matches, in the order of their sequences.
    case lastPerSubject

    init?(_ json: NATSJSON) {
        switch json["deliver_policy"]?.string {
        case "all": self = .all
        case "new": self = .new
        case "last": self = .last
        case "last_per_subject": self = .lastPerSubject
        case "by_start_sequence":
            guard let sequence = json["opt_start_seq"]?.unsigned else { return nil }
            self = .sequence(sequence)
        case "by_start_time":
            guard let time = json["opt_start_time"]?.timestamp else { return nil }
            self = .time(time)
        default: return nil
        }
    }

    var members: [String: NATSJSON] {
        switch self {
        case .all: ["deliver_policy": .string("all")]
        case .new: ["deliver_policy": .string("new")]
        case .sequence(let sequence):
            // There is no message 0, and the server says so.
            ["deliver_policy": .string("by_start_sequence"), "opt_start_seq": .unsigned(max(1, sequence))]
        case .time(let time):
            ["deliver_policy": .string("by_start_time"), "opt_start_time": .string(time.description)]
        case .last: ["deliver_policy": .string("last")]
        case .lastPerSubject: ["deliver_policy": .string("last_per_subject")]
        }
    }

    /// The last sequence not to give, where it is known before the server chooses.
    func place(in info: NATSStreamInfo) -> UInt64? {
        switch self {
        case .all: info.firstSequence - 1
        case .new: info.lastSequence
        case .sequence(let sequence): min(max(sequence, info.firstSequence) - 1, info.lastSequence)
        case .time, .last, .lastPerSubject: nil
        }
    }
}
