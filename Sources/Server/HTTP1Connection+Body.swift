import HTTPWire
import NIOCore
import PluginKit

extension HTTP1Connection {
    /// Answers at once what has no body or may not have one; else reads on.
    func receiveBody(for outcome: RouteOutcome) -> Bool {
        if case .none = framing.body { return respond(outcome) }
        self.outcome = outcome
        let limit = outcome.policy.limits.body
        if case .length(let length) = framing.body, length > limit {
            refuse(413, "the body is larger than \(limit) bytes")
            return false
        }
        if framing.expectsContinue {
            guard outcome.isHandled else {
                // The client has been told no before it sent the body, so nobody knows where the next request begins.
                framing.keepAlive = false
                return respond(outcome)
            }
            loop.gather { $0.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8) }
        }
        phase = .body
        bodyReader = BodyReader(framing.body, limit: limit)
        exchange.bodyBegan = loop.wheel.now
        return true
    }

    /// Takes what there is of a body; at its end the request is answered. Returns whether to read on at once.
    func readBody(_ input: inout ByteBuffer) -> Bool {
        guard var reader = bodyReader else { return false }
        let keeps = outcome?.isHandled ?? false
        while true {
            switch reader.read(input.readableBytesUInt8Span) {
            case .data(let range, let consumed):
                let start = input.readerIndex + range.lowerBound
                if keeps, let view = input.viewBytes(at: start, length: range.count) {
                    slot.append(body: view)
                }
                exchange.bodyBytes += range.count
                input.moveReaderIndex(forwardBy: consumed)
            case .needMore(let consumed):
                input.moveReaderIndex(forwardBy: consumed)
                bodyReader = reader
                if handler.inputHasEnded { handler.cut() } else { armBodyDeadline() }
                return false
            case .end(let consumed):
                input.moveReaderIndex(forwardBy: consumed)
                return answer()
            case .refused(let refusal):
                refuse(refusal.status, refusal.message)
                return false
            }
        }
    }

    /// The next piece has its time, and the whole must come at 1 KiB a second at least: dripping holds no connection.
    private func armBodyDeadline() {
        let patience = exchange.policy?.limits.bodyPiece ?? 30
        let slowest = exchange.bodyBegan + patience + Int64(exchange.bodyBytes >> 10)
        loop.wheel.arm(handler, at: min(loop.wheel.now + patience, slowest) + 1)
    }

    /// The body is there: on to the handler.
    private func answer() -> Bool {
        guard let outcome else { return false }
        self.outcome = nil
        return respond(outcome)
    }
}
