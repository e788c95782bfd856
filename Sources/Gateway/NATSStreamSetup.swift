import NATSClient
import PluginKit

/// Finds the stream of a history, or makes it, and says what is wrong where neither works.
struct NATSStreamSetup {
    struct Problem: Error {
        var text: String
        /// Trying again would not help until somebody has done something.
        var isFinal: Bool
    }

    let jetStream: NATSJetStream
    let configuration: HistoryConfiguration
    private var name: String { configuration.stream }

    func findOrMake() async throws(Problem) -> NATSStreamInfo {
        if let problem = configuration.problem { throw Problem(text: problem, isFinal: true) }
        let info: NATSStreamInfo
        do throws(NATSJetStreamError) {
            if let found = try await find() { info = found } else { info = try await make() }
        } catch {
            throw problem(error)
        }
        if let problem = problem(of: info) { throw Problem(text: problem, isFinal: true) }
        return info
    }

    private func find() async throws(NATSJetStreamError) -> NATSStreamInfo? {
        do throws(NATSJetStreamError) {
            return try await jetStream.stream(name)
        } catch {
            guard error.errorCode == NATSJetStreamAPIError.streamNotFound, configuration.creates else { throw error }
            return nil
        }
    }

    private func make() async throws(NATSJetStreamError) -> NATSStreamInfo {
        var wanted = NATSStreamConfiguration(name: name, subjects: configuration.subjects)
        wanted.description = "history of a Switchyard gateway"
        wanted.maximumMessages = configuration.messages
        wanted.maximumBytes = configuration.bytes
        wanted.maximumAge = configuration.age
        wanted.allowsDirect = true
        do throws(NATSJetStreamError) {
            return try await jetStream.createStream(wanted)
        } catch {
            // Somebody else was faster, with other bounds.
            guard error.errorCode == NATSJetStreamAPIError.streamNameInUse else { throw error }
            return try await jetStream.stream(name)
        }
    }

    /// What about a stream that is there makes it useless.
    private func problem(of info: NATSStreamInfo) -> String? {
        let stream = info.configuration
        if stream.retention == .workQueue {
            return "the stream '\(name)' is a work queue, which keeps no history: give another stream"
        }
        // A mirror has no subjects of its own.
        let missing =
            stream.copiesOthers
            ? [] : configuration.subjects.filter { wanted in !stream.subjects.contains { Subject.covers($0, wanted) } }
        if missing.isEmpty { return nil }
        let all = (stream.subjects + missing).joined(separator: ",")
        return "the stream '\(name)' keeps \(list(stream.subjects)) and not \(list(missing)): give another stream, or "
            + "add the subject with `nats stream edit \(name) --subjects '\(all)'`"
    }

    private func problem(_ error: NATSJetStreamError) -> Problem {
        switch error {
        case .api(let api) where api.errorCode == NATSJetStreamAPIError.streamNotFound:
            Problem(
                text: "there is no stream '\(name)': make it with `nats stream add \(name) --subjects "
                    + "'\(configuration.subjects.joined(separator: ","))'`, or let the gateway make it",
                isFinal: true)
        case .api(let api) where api.errorCode == NATSJetStreamAPIError.subjectsOverlap:
            Problem(
                text: "the stream '\(name)' cannot be made: another stream keeps \(list(configuration.subjects)), or "
                    + "some of it; give that stream's name, or other subjects",
                isFinal: true)
        case .api(let api):
            // 5xx, and no server to place it on: the cluster is not ready.
            Problem(
                text: "the stream '\(name)': \(error)",
                isFinal: api.code < 500 && api.errorCode != NATSJetStreamAPIError.noSuitablePeers)
        case .request(.noResponders):
            Problem(
                text: "nobody answers for JetStream: is it enabled on the NATS server, and for the gateway's account?",
                isFinal: false)
        case .request(.timeout):
            Problem(
                text: "JetStream does not answer: may the gateway's user publish to `$JS.API.>` and subscribe to "
                    + "`_INBOX.>`?", isFinal: false)
        case .request, .badResponse, .streamReplaced: Problem(text: "\(error)", isFinal: false)
        case .invalid: Problem(text: "\(error)", isFinal: true)
        }
    }

    private func list(_ subjects: [String]) -> String { subjects.map { "'\($0)'" }.joined(separator: ", ") }
}
