internal import NIOCore

/// Looks at streams for those who can wait a moment: all who ask for the same stream meanwhile share one answer.
/// Everything here runs on one event loop.
final class NATSStreamLooks {
    /// Called when the look begins, and with what it saw.
    struct Asker {
        let begin: () -> Void
        let end: (Result<NATSStreamInfo, NATSJetStreamError>) -> Void
    }

    private struct Appointment {
        var deadline: NIODeadline
        var timer: Scheduled<Void>
        var askers: [Asker]
    }

    private let eventLoop: any EventLoop
    /// By API and stream.
    private var appointments: [String: Appointment] = [:]

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// - Parameter delay: how long the look may wait for others.
    func ask(_ jetStream: NATSJetStream, _ stream: String, within delay: TimeAmount, _ asker: Asker) {
        let endpoint = "STREAM.INFO.\(stream)"
        let key = "\(jetStream.prefix).\(endpoint)"
        let deadline = NIODeadline.now() + delay
        if var known = appointments[key] {
            known.askers.append(asker)
            if deadline < known.deadline {
                known.timer.cancel()
                (known.deadline, known.timer) = (deadline, schedule(deadline, key, jetStream, endpoint))
            }
            appointments[key] = known
        } else {
            let timer = schedule(deadline, key, jetStream, endpoint)
            appointments[key] = Appointment(deadline: deadline, timer: timer, askers: [asker])
        }
    }

    private func schedule(
        _ deadline: NIODeadline, _ key: String, _ jetStream: NATSJetStream, _ endpoint: String
    ) -> Scheduled<Void> {
        eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            let askers = self.appointments.removeValue(forKey: key)?.askers ?? []
            for asker in askers { asker.begin() }
            let bound = NIOLoopBound(askers, eventLoop: self.eventLoop)
            jetStream.call(endpoint) { answer in
                let seen = answer.flatMap(NATSStreamInfo.decode)
                for asker in bound.value { asker.end(seen) }
            }
        }
    }
}
