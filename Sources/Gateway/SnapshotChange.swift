import GatewayConfiguration
import Server

/// What a reload changes, route by route.
struct SnapshotChange {
    /// For the log, one line a change: `added channel ws /ws/{topic}`.
    private(set) var lines: [String] = []
    private(set) var kept = 0
    private(set) var added = 0
    private(set) var changed = 0
    private(set) var removed = 0
    /// Policies whose sockets close at once since the route is gone, at once since its origins or guards changed, and
    /// when the drain time is over.
    private(set) var closesNow: [RoutePolicy] = []
    private(set) var tightened: [RoutePolicy] = []
    private(set) var closesLater: [RouteIdentity: [RoutePolicy]] = [:]
    private var removedRoutes: Set<RouteIdentity> = []
    private var tightenedRoutes: Set<RouteIdentity> = []

    init(from old: Snapshot, to new: Snapshot) {
        let before = Self.endpoints(old)
        let after = Self.endpoints(new)
        for (identity, endpoint) in before {
            guard let next = after[identity] else {
                removed += 1
                note("removed", identity)
                closesNow.append(endpoint.policy)
                removedRoutes.insert(identity)
                continue
            }
            if next.policy === endpoint.policy {
                kept += 1
            } else {
                changed += 1
                note("changed", identity)
                if next.policy.limits.origins != endpoint.policy.limits.origins
                    || !next.hasSameMiddleware(endpoint.middleware)
                {
                    tightened.append(endpoint.policy)
                    tightenedRoutes.insert(identity)
                } else {
                    closesLater[identity, default: []].append(endpoint.policy)
                }
            }
        }
        for identity in after.keys where before[identity] == nil {
            added += 1
            note("added", identity)
        }
        noteFixed(old.configuration, new.configuration)
        lines.sort()
    }

    /// Sockets of earlier versions of a route, which were waiting for the end of the drain time, go with it.
    mutating func addEarlier(_ waiting: [RouteIdentity: [RoutePolicy]]) {
        for (identity, policies) in waiting {
            if removedRoutes.contains(identity) { closesNow += policies }
            if tightenedRoutes.contains(identity) { tightened += policies }
        }
    }

    /// What is read at the start only, and must wait for a restart.
    private mutating func noteFixed(_ old: GatewayConfiguration, _ new: GatewayConfiguration) {
        if old.bus.urls != new.bus.urls { lines.append("bus.url changed: takes effect after a restart") }
        if old.bus.tls != new.bus.tls { lines.append("bus.tls changed: takes effect after a restart") }
        if old.bus.login != new.bus.login { lines.append("the bus's login changed: takes effect after a restart") }
        if old.accessLog != new.accessLog { lines.append("log changed: takes effect after a restart") }
    }

    private mutating func note(_ verb: String, _ identity: RouteIdentity) {
        lines.append("\(verb) \(identity.kind.noun) \(identity.service) \(identity.template)")
    }

    private static func endpoints(_ snapshot: Snapshot) -> [RouteIdentity: Snapshot.Endpoint] {
        var found: [RouteIdentity: Snapshot.Endpoint] = [:]
        for service in snapshot.services {
            for endpoint in service.endpoints {
                found[RouteIdentity(service: service.name, endpoint.configuration)] = endpoint
            }
        }
        return found
    }
}
