import PluginKit
import Synchronization

/// Remembers what a session does with its socket.
final class RecordingSocket: Socket {
    enum Call: Equatable {
        case send
        case join(String)
        case leave(String)
        case close(UInt16, String)
        case hold(Congestion)
        case expire(Int64?)
    }

    private let state = Mutex<(calls: [Call], feeds: [Feed])>(([], []))

    var calls: [Call] { state.withLock { $0.calls } }
    /// What it joined.
    var feeds: [Feed] { state.withLock { $0.feeds } }
    var id: UInt64 { 7 }

    func send(_ message: SocketMessage) { note(.send) }
    func close(code: UInt16, reason: String) { note(.close(code, reason)) }
    func leave(_ subject: String) { note(.leave(subject)) }
    func hold(until congestion: Congestion) { note(.hold(congestion)) }
    func expire(at time: Int64?) { note(.expire(time)) }

    func join(_ feed: Feed) {
        state.withLock { $0.feeds.append(feed) }
        note(.join(feed.subject))
    }

    private func note(_ call: Call) { state.withLock { $0.calls.append(call) } }
}
