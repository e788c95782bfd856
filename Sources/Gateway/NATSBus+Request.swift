import NATSClient
package import PluginKit

/// Requests, and publishes that wait until a stream has stored them.
extension NATSBus {
    package func request(_ message: BusMessage, timeout: Duration) async throws(BusFailure) -> BusMessage {
        if let problem = Subject.publishProblem(message.subject) { throw .refused(problem) }
        do throws(NATSRequestError) {
            let answer = try await connection.request(
                subject: message.subject, headers: Self.headers(of: message), payload: message.payload,
                timeout: timeout)
            return Self.message(answer)
        } catch {
            throw failure(error)
        }
    }

    package func store(_ message: BusMessage, id: String?, timeout: Duration) async throws(BusFailure) -> StoreReceipt {
        if let problem = Subject.publishProblem(message.subject) { throw .refused(problem) }
        var conditions = NATSPublishConditions()
        conditions.messageID = id
        do throws(NATSJetStreamError) {
            let ack = try await NATSJetStream(connection, timeout: timeout).publish(
                subject: message.subject, headers: Self.headers(of: message), payload: message.payload,
                conditions: conditions)
            return StoreReceipt(
                stream: ack.stream, token: HistoryToken(epoch: streams[ack.stream], sequence: ack.sequence),
                isDuplicate: ack.isDuplicate)
        } catch {
            // Somebody else listens on the subject, and is no stream.
            if case .badResponse = error { throw .refused("what answered is not a stream") }
            throw failure(error)
        }
    }

    func failure(_ error: NATSJetStreamError) -> BusFailure {
        switch error {
        case .request(let error): failure(error)
        case .api(let error): .refused("the stream refuses: \(error)")
        case .invalid, .streamReplaced, .badResponse: .refused("\(error)")
        }
    }

    private func failure(_ error: NATSRequestError) -> BusFailure {
        switch error {
        case .noResponders: .noResponders
        case .timeout: .timeout
        case .refused(.tooLarge): .tooLarge(limit: maxPayload)
        case .refused(let refusal): .refused(Self.reason(of: refusal))
        case .disconnected, .connectionLost, .closed, .cancelled: .refused("\(error)")
        }
    }
}
