import HTTPWire
import NIOCore
import PluginKit

/// The request of an exchange where it stays while router and handler look at it: lent, never copied.
///
/// Not copyable, which is what makes the compiler lend it.
struct RequestSlot: ~Copyable {
    private(set) var request: Request

    init(peer: String, scheme: String) {
        request = Request(scheme: scheme, peer: peer)
    }

    /// Goes on with the head in `bytes`.
    mutating func parse(_ bytes: Span<UInt8>, with parser: inout RequestParser) -> HeadStep {
        parser.parse(bytes, into: &request.head)
    }

    /// The head is complete.
    mutating func begin(_ id: RequestID) -> (minorVersion: UInt8, isHead: Bool) {
        request.id = id
        let isHead = if case .head = request.head.method { true } else { false }
        return (request.head.minorVersion, isHead)
    }

    /// A head that never became one: nothing of it may be looked at.
    mutating func forgetHead() { request.head = RequestHead() }

    mutating func setParameters(_ parameters: Parameters) { request.parameters = parameters }

    mutating func append(body bytes: some Sequence<UInt8>) { request.body.append(contentsOf: bytes) }

    /// Lets go of what only this exchange needed.
    mutating func end() {
        request.body = []
        request.parameters = Parameters()
        request.identity = nil
    }

    mutating func pass(_ step: any Middleware) -> Passage { step.before(&request) }

    mutating func replace(_ changed: Request) { request = changed }

    borrowing func adorn(_ response: inout Response, by step: any Middleware) {
        step.after(&response, to: request)
    }

    borrowing func route(by router: any LoopRouter, wantsSocket: Bool) -> RouteOutcome {
        router.route(request, wantsSocket: wantsSocket)
    }

    borrowing func ask(_ handler: any HTTPHandler) -> Reply { handler.respond(to: request) }
}
