import NATSClient
import PluginKit
import Synchronization

/// The lives of streams, as far as they are known: a stream that is made anew has another epoch.
final class NATSStreamEpochs: Sendable {
    private let epochs = Mutex<[String: String]>([:])

    subscript(stream: String) -> String? { epochs.withLock { $0[stream] } }

    func learn(_ stream: NATSStreamInfo) { epochs.withLock { $0[stream.configuration.name] = stream.epoch } }

    func forget(_ stream: String) { epochs.withLock { $0[stream] = nil } }
}

extension NATSStreamInfo {
    /// Letters and digits: when it was made.
    var epoch: String { String(created.nanoseconds.magnitude, radix: 36) }

    func token(_ sequence: UInt64) -> HistoryToken { HistoryToken(epoch: epoch, sequence: sequence) }
}
