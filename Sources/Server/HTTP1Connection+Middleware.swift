import Logging
import NIOCore
import PluginKit

/// The steps of a route's `use`. Guards are asked before a body is read: what is refused need not be sent.
extension HTTP1Connection {
    /// Asks the steps that the request has not passed yet. Returns whether the next request can be read at once.
    ///
    /// - Parameter early: what came behind the head.
    func passMiddleware(_ target: RouteTarget, _ early: ByteBuffer) -> Bool {
        while exchange.passed < exchange.middleware.count {
            switch slot.pass(exchange.middleware[exchange.passed]) {
            case .next: exchange.passed += 1
            case .answer(let response): return receiveBody(for: .answer(response, target.policy))
            case .pending(let pending):
                wait(for: pending, target)
                return false
            }
        }
        return serve(target, early)
    }

    private func wait(for pending: PendingPassage, _ target: RouteTarget) {
        let generation = exchange.wait(for: .passage(pending))
        phase = .awaiting
        handler.deadline(in: target.policy.limits.request)
        let connection = NIOLoopBound(self, eventLoop: loop.loop)
        pending.deliver { [eventLoop = loop.loop] outcome in
            eventLoop.execute { connection.value.goOn(generation, outcome, target) }
        }
    }

    /// A step has made up its mind.
    private func goOn(_ generation: UInt64, _ outcome: Result<LatePassage, any Error>, _ target: RouteTarget) {
        guard exchange.claim(generation) else {
            loop.counters.lateCompletions += 1
            return
        }
        phase = .head
        var input = takeWaiting()
        let goesOn: Bool
        switch outcome {
        case .success(.next(let request)):
            slot.replace(request)
            exchange.passed += 1
            goesOn = passMiddleware(target, input)
        case .success(.answer(let response)):
            goesOn = receiveBody(for: .answer(response, target.policy))
        case .failure(let error):
            goesOn = receiveBody(for: .answer(failed(error), target.policy))
        }
        // A socket has taken what came behind its handshake.
        if case .lingering = phase { input = ByteBuffer() }
        process(&input, begins: goesOn)
        flushOutgoing()
    }

    /// The response as the steps that the request has passed leave it, the innermost first.
    func adorned(_ response: Response) -> Response {
        var response = response
        while exchange.passed > 0 {
            exchange.passed -= 1
            slot.adorn(&response, by: exchange.middleware[exchange.passed])
        }
        return response
    }

    /// What the steps have to say to the messages of the socket that is about to open.
    func socketGuards() -> [any SocketGuard] {
        exchange.middleware.compactMap { $0.socketGuard(for: slot.request) }
    }
}
