internal import NIOCore
internal import Synchronization

/// One consumer on the server that is asked for messages, and the inbox they come to.
final class NATSPullConsumer: Sendable {
    /// Why a batch ended.
    enum End: Sendable, Equatable {
        /// It has all that was asked for.
        case full
        /// The server had no more.
        case noMore
        /// A message is larger than the batch may be.
        case tooLarge
        /// The consumer is gone, or skipped: another has to go on.
        case gone
        case failed(NATSJetStreamError)
    }

    private struct Contents {
        /// In order, without a gap.
        var messages: [NATSStreamMessage] = []
        var expected: UInt64 = 1
        /// Of the batch that is open. Its number is the last token of its reply subject.
        var batch = 0
        var wanted = 0
        var waiter: CheckedContinuation<End, Never>?
        var isBroken = false
    }

    let info: NATSConsumerInfo
    private let jetStream: NATSJetStream
    private let inbox: String
    private let subscription: NATSSubscription
    private let observer: UInt64
    private let contents: Arrivals

    /// Shared with the handlers of the connection, which must not keep the consumer alive.
    private final class Arrivals: Sendable {
        let contents = Mutex(Contents())

        /// Ends the open batch.
        func end(_ end: End, batch: Int? = nil) {
            let waiter = contents.withLock { contents -> CheckedContinuation<End, Never>? in
                guard batch == nil || batch == contents.batch else { return nil }
                if case .gone = end { contents.isBroken = true }
                if case .failed = end { contents.isBroken = true }
                defer { contents.waiter = nil }
                return contents.waiter
            }
            waiter?.resume(returning: end)
        }

        func take(_ message: NATSMessage) {
            let batch = message.subject.utf8.lastIndex(of: UInt8(ascii: "."))
                .flatMap { Int(message.subject[message.subject.index(after: $0)...]) }
            if let status = message.status { return take(status, batch) }
            guard let ack = message.reply.flatMap(NATSAckSubject.init) else { return }
            let end = contents.withLock { contents -> End? in
                guard ack.consumerSequence == contents.expected else { return .gone }
                contents.expected += 1
                contents.messages.append(NATSStreamMessage(message, ack))
                if contents.messages.count >= contents.wanted { return .full }
                return ack.pending == 0 ? .noMore : nil
            }
            if let end { self.end(end) }
        }

        private func take(_ status: NATSStatus, _ batch: Int?) {
            switch status.code {
            case 100: break
            case 404, 408: end(.noMore, batch: batch)
            case 409 where status.text.lowercased().contains("maxbytes"): end(.tooLarge, batch: batch)
            // Said behind the last message of a batch that was bound in bytes.
            case 409 where status.text.lowercased().contains("batch completed"): end(.full, batch: batch)
            case 409, 503: end(.gone, batch: batch)
            default:
                end(.failed(.api(NATSJetStreamAPIError(code: status.code, text: status.text))), batch: batch)
            }
        }
    }

    private init(_ jetStream: NATSJetStream, _ info: NATSConsumerInfo) {
        self.jetStream = jetStream
        self.info = info
        let arrivals = Arrivals()
        contents = arrivals
        inbox = NATSInbox.unique(jetStream.connection.configuration.inboxPrefix)
        subscription = jetStream.connection.subscribe(subject: inbox + ".*") { arrivals.take($0) }
        observer = jetStream.connection.observers.add { state in
            switch state {
            case .connecting, .connected: break
            case .disconnected(let reason, _): arrivals.end(.failed(.request(.connectionLost(reason))))
            case .closed: arrivals.end(.failed(.request(.closed)))
            }
        }
    }

    static func make(
        _ configuration: NATSConsumerConfiguration, _ jetStream: NATSJetStream, stream: String
    ) async throws(NATSJetStreamError) -> NATSPullConsumer {
        NATSPullConsumer(jetStream, try await jetStream.createConsumer(configuration, stream: stream))
    }

    deinit { stop() }

    private func stop() {
        subscription.cancel()
        jetStream.connection.observers.remove(observer)
    }

    /// Lets the server forget it at once.
    func close() {
        stop()
        contents.end(.failed(.invalid("the reader is closed")))
        jetStream.call("CONSUMER.DELETE.\(info.stream).\(info.name)") { _ in }
    }

    /// Asks for up to `count` messages that are there now. Returns those that came; more may be left over for the
    /// next call. One call at a time.
    func read(_ count: Int, maximumBytes: Int?) async -> (messages: [NATSStreamMessage], end: End) {
        let (batch, have) = contents.contents.withLock { contents in
            contents.batch += 1
            contents.wanted = count
            return (contents.batch, contents.messages.count)
        }
        // What came behind the end of the last batch.
        let end = have > 0 ? End.full : await ask(count, maximumBytes, batch)
        let messages = contents.contents.withLock { contents in
            let messages = Array(contents.messages.prefix(count))
            contents.messages.removeFirst(messages.count)
            return messages
        }
        return (messages, end)
    }

    private func ask(_ count: Int, _ maximumBytes: Int?, _ batch: Int) async -> End {
        var request: [String: NATSJSON] = ["batch": .integer(count), "no_wait": .bool(true)]
        request["max_bytes"] = maximumBytes.map(NATSJSON.integer)
        let (body, contents) = (NATSJSON.object(request).encoded, contents)
        // It answers at once, or is not there: old servers say nothing of a consumer that is gone.
        let patience = TimeAmount(min(jetStream.timeout, .seconds(2)))
        let deadline = jetStream.connection.eventLoop.scheduleTask(in: patience) { contents.end(.gone, batch: batch) }
        defer { deadline.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isBroken = contents.contents.withLock { contents in
                    if !contents.isBroken { contents.waiter = waiter }
                    return contents.isBroken
                }
                if isBroken { return waiter.resume(returning: .gone) }
                let error = jetStream.connection.publishNow(
                    subject: "\(jetStream.prefix).CONSUMER.MSG.NEXT.\(info.stream).\(info.name)", headers: [],
                    payload: Array(body.utf8), reply: "\(inbox).\(batch)")
                if let error { contents.end(.failed(.request(error)), batch: batch) }
            }
        } onCancel: {
            contents.end(.failed(.request(.cancelled)), batch: batch)
        }
    }
}
