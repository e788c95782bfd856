import NATSClient
import Testing

/// A consumer on a server that has yet to hear of what the stream's leader has stored: played by a script, since a real
/// one catches up before anybody can look.
@Suite(.serialized) struct NATSLaggingReplicaTests {
    private typealias Given = (sequence: Int, pending: Int)

    /// A stream of five messages, and what its consumer gives at each request.
    private final class Script {
        private var batches: [[Given]]
        private var given = 0
        private var subscriptions: [(subject: String, number: String)] = []
        /// Lines that were dealt with.
        private var done = 0

        init(_ batches: [[Given]]) { self.batches = batches }

        /// What to say to everything heard so far.
        func answers(to heard: String) -> String {
            // What has no end yet waits.
            let lines = heard.split(separator: "\r\n", omittingEmptySubsequences: false).dropLast().map(String.init)
            var answers = ""
            while done < lines.count {
                let words = lines[done].split(separator: " ").map(String.init)
                switch words.first {
                case "SUB": subscriptions.append((words[1], words[words.count - 1]))
                case "PUB":
                    guard done + 1 < lines.count else { return answers }
                    done += 1
                    if words.count == 4 { answers += answer(words[1], reply: words[2], lines[done]) }
                default: break
                }
                done += 1
            }
            return answers
        }

        private func answer(_ subject: String, reply: String, _ payload: String) -> String {
            let time = "2026-01-31T12:00:00Z"
            let inbox = subscriptions.last { NATSLaggingReplicaTests.covers($0.subject, reply) }?.number ?? "0"
            func say(_ json: String) -> String { "MSG \(reply) \(inbox) \(json.utf8.count)\r\n\(json)\r\n" }
            switch subject.dropFirst("$JS.API.".count) {
            case "STREAM.INFO.S":
                return say(
                    #"{"config":{"name":"S","subjects":["s.*"]},"created":"\#(time)","state":{"messages":5,"#
                        + #""bytes":5,"first_seq":1,"last_seq":5}}"#)
            case "CONSUMER.CREATE.S":
                return say(#"{"stream_name":"S","name":"c","config":{"deliver_policy":"all"},"created":"\#(time)"}"#)
            case "STREAM.MSG.GET.S":
                let from = NATSJSON.parse(Array(payload.utf8).span)?["seq"]?.integer ?? 0
                return say(
                    from > 5
                        ? #"{"error":{"code":404,"err_code":10037,"description":"no message found"}}"#
                        : #"{"message":{"subject":"s.x","seq":\#(from),"time":"\#(time)","data":""}}"#)
            case "CONSUMER.MSG.NEXT.S.c":
                let batch = batches.isEmpty ? [] : batches.removeFirst()
                let head = "NATS/1.0 404 No Messages\r\n\r\n"
                let nothing = "HMSG \(reply) \(inbox) \(head.utf8.count) \(head.utf8.count)\r\n\(head)\r\n"
                return batch.isEmpty ? nothing : batch.map { message($0, inbox) }.joined()
            default: return say("{}")
            }
        }

        private func message(_ message: Given, _ inbox: String) -> String {
            given += 1
            return
                "MSG s.x \(inbox) $JS.ACK.S.c.1.\(message.sequence).\(given).1700000000000000000.\(message.pending) 0"
                + "\r\n\r\n"
        }
    }

    private static func covers(_ pattern: String, _ subject: String) -> Bool {
        pattern.hasSuffix("*") && subject.hasPrefix(pattern.dropLast())
    }

    private func read(_ batches: [[Given]], from start: UInt64) async throws -> [NATSStreamBatch] {
        let fake = try await FakeServer.start(greeting: "INFO {\"headers\":true}\r\nPONG\r\n")
        var configuration = quickConfiguration(ports: [fake.port])
        configuration.drainTimeout = .milliseconds(20)
        let read = try await withConnection(configuration) { connection in
            let player = Task {
                let script = Script(batches)
                while !Task.isCancelled {
                    let answers = script.answers(to: fake.heard)
                    if !answers.isEmpty { fake.say(answers) }
                    try? await Task.sleep(for: .milliseconds(2))
                }
            }
            defer { player.cancel() }
            return try await Self.readAll(NATSJetStream(connection, timeout: .seconds(5)), start)
        }
        try await fake.stop()
        return read
    }

    private static func readAll(_ jetStream: NATSJetStream, _ start: UInt64) async throws -> [NATSStreamBatch] {
        guard await eventually({ jetStream.connection.isConnected }) else { return [] }
        let reader = try await jetStream.reader(stream: "S", start: .sequence(start))
        var read: [NATSStreamBatch] = []
        repeat { read.append(try await reader.next()) } while read.last?.isCaughtUp == false
        await reader.close()
        return read
    }

    /// It says that nothing is left, and the leader has more.
    @Test func theEndIsTheLeadersEnd() async throws {
        let read = try await read([[(1, 2), (2, 1), (3, 0)], [], [], [(4, 1), (5, 0)]], from: 1)
        #expect(read.map { $0.messages.map(\.sequence) } == [[1, 2, 3], [4, 5]])
        #expect(read.map(\.lastSequence) == [3, 5] && read.map(\.isCaughtUp) == [false, true])
    }

    /// Asked to begin behind its end, a server begins there.
    @Test func whatWasHadIsNotGivenAgain() async throws {
        let read = try await read([[(3, 0)], [(4, 1), (5, 0)]], from: 4)
        #expect(read.map { $0.messages.map(\.sequence) } == [[4, 5]])
        #expect(read.allSatisfy { $0.lost == nil })
    }
}
