import NATSClient
import PluginKit

/// Requests, and publishes that wait until a stream has stored them.
extension NATSBus {
    func request(_ message: BusMessage, timeout: Duration) async throws(BusFailure) -> BusMessage {
        do throws(NATSRequestError) {
            let answer = try await connection.request(
                subject: message.subject, headers: Self.headers(of: message), payload: message.payload,
                timeout: timeout)
            return Self.message(answer)
        } catch {
            throw failure(error)
        }
    }

    func store(_ message: BusMessage, id: String?, timeout: Duration) async throws(BusFailure) -> StoreReceipt {
        var conditions = NATSPublishConditions()
        conditions.messageID = id
        do throws(NATSJetStreamError) {
            let ack = try await NATSJetStream(connection, timeout: timeout).publish(
                subject: message.subject, headers: Self.headers(of: message), payload: message.payload,
                conditions: conditions)
            return StoreReceipt(
                stream: ack.stream, token: HistoryToken(sequence: ack.sequence), isDuplicate: ack.isDuplicate)
        } catch {
            switch error {
            case .request(let error): throw failure(error)
            case .api(let error): throw .refused("the stream refuses the message: \(error)")
            case .invalid, .streamReplaced: throw .refused("\(error)")
            // Somebody else listens on the subject, and is no stream.
            case .badResponse: throw .refused("what answered is not a stream")
            }
        }
    }

    private func failure(_ error: NATSRequestError) -> BusFailure {
        switch error {
        case .noResponders: .noResponders
        case .timeout: .timeout
        case .refused(.tooLarge): .tooLarge(limit: maxPayload)
        case .disconnected, .connectionLost, .closed, .refused, .cancelled: .refused("\(error)")
        }
    }
}
