/// Somebody on a channel: all connections of one name, or all that have none.
package struct PresenceKey: Sendable, Hashable, Comparable {
    package var channel: String
    package var name: String?

    package init(channel: String, name: String? = nil) {
        self.channel = channel
        self.name = name
    }

    package static func < (one: PresenceKey, other: PresenceKey) -> Bool {
        (one.channel, one.name ?? "") < (other.channel, other.name ?? "")
    }
}

/// How many connections somebody has.
package struct PresenceEntry: Sendable, Equatable {
    package var key: PresenceKey
    package var connections: Int

    package init(key: PresenceKey, connections: Int) {
        self.key = key
        self.connections = connections
    }
}

/// Who is on a channel, over all processes.
package struct PresenceChannel: Sendable, Equatable {
    /// Connections without a name.
    package var anonymous = 0
    /// Connections of each name.
    package var named: [String: Int] = [:]

    /// People as far as one can tell: those with a name count once.
    package var count: Int { anonymous + named.count }
    /// Of all, each counted.
    package var connections: Int { named.values.reduce(anonymous, +) }
    /// Nobody is there.
    package var isEmpty: Bool { anonymous == 0 && named.isEmpty }

    package init() {}

    /// Connections of a name, or of those without.
    package subscript(_ name: String?) -> Int {
        get { name.map { named[$0] ?? 0 } ?? anonymous }
        set {
            guard let name else { return anonymous = newValue }
            named[name] = newValue > 0 ? newValue : nil
        }
    }
}

/// Somebody came or went: what clients are told.
package struct PresenceChange: Sendable, Equatable {
    package var key: PresenceKey
    package var isJoin: Bool
    /// Who is there now.
    package var count: Int

    package init(key: PresenceKey, isJoin: Bool, count: Int) {
        self.key = key
        self.isJoin = isJoin
        self.count = count
    }
}
