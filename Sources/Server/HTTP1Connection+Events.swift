import HTTPWire
import NIOCore
import PluginKit

/// What happens to a connection besides what its client sends.
extension HTTP1Connection {
    func inputClosed() {
        switch phase {
        // What came before the end is answered: now, or once there is room, or after the answer that is awaited.
        case .head where waiting.readableBytes > 0 && !handler.isWritable: break
        case .head: if handler.queuedBytes > 0 { finishConnection() } else { handler.cut() }
        case .body: handler.cut()
        case .awaiting, .streaming: break
        case .lingering: if handler.queuedBytes == 0 { handler.cut() }
        }
    }

    func closed() {
        exchange.abandon()?.cancel()
        stream?.clientLeft()
        stream = nil
        switch phase {
        case .awaiting, .streaming:
            if exchange.status == 0 { exchange.status = 499 }
            record()
        case .head, .body, .lingering: break
        }
        phase = .lingering
    }

    func drain() {
        framing.keepAlive = false
        if let events = stream as? EventStream { return events.finish() }
        guard case .head = phase, !headHasBegun, waiting.readableBytes == 0 else { return }
        // Nothing was sent that a reset could destroy.
        if handler.queuedBytes == 0 { handler.cut() } else { finishConnection() }
    }

    func deadlineReached() {
        switch phase {
        case .head where headHasBegun:
            beginUnreadable()
            refuse(408, "the request head took longer than \(loop.limits.header) seconds")
            flushOutgoing()
        case .body:
            refuse(408, "the request body came too slowly")
            flushOutgoing()
        case .awaiting:
            handlerIsLate()
        case .head:
            finishConnection()
        case .streaming where handler.queuedBytes == 0: stream?.isQuiet()
        case .streaming, .lingering: handler.cut()
        }
    }

    func madeProgress() { handler.deadline(in: stream?.patience ?? loop.limits.idle) }

    func becameWritable() {
        if let stream { stream.canWrite() } else { resume() }
    }

    func drained() { stream?.drained() }

    func retire(_ policies: Set<ObjectIdentifier>, _ reason: String) -> Bool {
        guard let policy = exchange.policy, policies.contains(ObjectIdentifier(policy)) else { return false }
        if let events = stream as? EventStream {
            events.finish()
            return true
        }
        // Whoever still waits at the door would come in where nobody looks after him.
        guard case .passage? = exchange.pending else { return false }
        exchange.abandon()?.cancel()
        if framing.body != .none { framing.keepAlive = false }
        _ = send(failure(503, reason, ["Retry-After": "1"]))
        resume()
        return true
    }
}
