import PluginKit
import Routing
import Server

/// A snapshot as one event loop sees it: what a host means is remembered for the next request that says the same.
final class SnapshotRouter: LoopRouter {
    private let snapshot: Snapshot
    private let readiness: Readiness
    private var last: KnownHost

    /// A host and what it means. An object: handing it on copies one reference.
    private final class KnownHost {
        let bytes: [UInt8]
        let route: HostRoute

        init(_ bytes: [UInt8], _ dispatcher: Dispatcher) {
            self.bytes = bytes
            route = dispatcher.hostRoute(bytes.span)
        }
    }

    init(snapshot: Snapshot, readiness: Readiness) {
        self.snapshot = snapshot
        self.readiness = readiness
        last = KnownHost([], snapshot.dispatcher)
    }

    func route(_ request: Request, wantsSocket: Bool) -> RouteOutcome {
        let bytes = request.head.fields.bytes.span
        let hostRange = request.head.hostRange
        let host = bytes.extracting(Int(hostRange.lowerBound)..<Int(hostRange.upperBound))
        if !host.isSame(as: last.bytes) {
            last = KnownHost(
                Array(request.head.fields.bytes[Int(hostRange.lowerBound)..<Int(hostRange.upperBound)]),
                snapshot.dispatcher)
        }
        let known = last
        let pathRange = request.head.pathRange
        let path =
            pathRange.isEmpty
            ? Self.root.span : bytes.extracting(Int(pathRange.lowerBound)..<Int(pathRange.upperBound))
        let afterPath = pathRange.upperBound + 1
        let end = request.head.targetRange.upperBound
        let query = afterPath <= end ? bytes.extracting(Int(afterPath)..<Int(end)) : nil
        let decision = snapshot.decide(
            method: request.head.method.name, host: known.route, path: path, query: query, wantsSocket: wantsSocket)
        return outcome(decision)
    }

    /// The path of an absolute target that has none.
    private static let root = Array("/".utf8)

    private func outcome(_ decision: Snapshot.Decision) -> RouteOutcome {
        switch decision {
        case .endpoint(let endpoint, let values, _):
            return .target(endpoint.target, values: values)
        case .live:
            return .answer(Response(text: "ok\n"), snapshot.gatewayPolicy)
        case .ready:
            return readiness.problem.map { failure(503, $0, ["Retry-After": "1"], nil) }
                ?? .answer(Response(text: readiness.report), snapshot.gatewayPolicy)
        case .healthMethodNotAllowed:
            return failure(405, "method not allowed", ["Allow": "GET, HEAD"], nil)
        case .redirect(let target, let service):
            return .answer(Response(status: 302, headers: ["Location": target]), policy(service))
        case .options(let allow, let service):
            return .answer(Response(status: 204, headers: ["Allow": allow.joined(separator: ", ")]), policy(service))
        case .serverOptions:
            return .answer(Response(status: 204), snapshot.gatewayPolicy)
        case .methodNotAllowed(let allow, let service):
            return failure(405, "method not allowed", ["Allow": allow.joined(separator: ", ")], service)
        case .upgradeRequired(let service):
            return failure(426, "this path is a WebSocket", ["Upgrade": "websocket", "Connection": "Upgrade"], service)
        case .notFound(let service):
            return failure(404, "not found", [:], service)
        }
    }

    private func failure(_ status: Int, _ message: String, _ headers: HeaderFields, _ service: Int?) -> RouteOutcome {
        .failure(status: status, message: message, headers: headers, policy(service))
    }

    private func policy(_ service: Int?) -> RoutePolicy {
        service.map { snapshot.services[$0].policy } ?? snapshot.gatewayPolicy
    }
}

extension Span<UInt8> {
    fileprivate func isSame(as bytes: [UInt8]) -> Bool {
        guard count == bytes.count else { return false }
        for index in indices where self[index] != bytes[index] { return false }
        return true
    }
}
