/// The servers to try, in turn: those configured, and those the cluster told of.
package struct NATSServerPool: Sendable {
    private let configured: [NATSServerAddress]
    private var learned: [NATSServerAddress] = []
    private var index = 0

    /// - Parameter offset: which of the servers is first; taken modulo their number.
    package init(_ servers: [NATSServerAddress], offset: Int = 0) {
        configured = servers.isEmpty ? [NATSServerAddress(host: "127.0.0.1")] : servers
        let first = offset % configured.count
        index = first
    }

    package var servers: [NATSServerAddress] { configured + learned }

    /// The server to try now.
    package mutating func next() -> NATSServerAddress {
        let all = servers
        let server = all[index % all.count]
        index = (index + 1) % all.count
        return server
    }

    /// Replaces what was learned before. Addresses that cannot be read are skipped.
    package mutating func learn(_ urls: [String]) {
        let current = servers[index % servers.count]
        learned = []
        for url in urls.prefix(256) {
            guard let server = NATSServerAddress(url), !servers.contains(server) else { continue }
            learned.append(server)
        }
        index = servers.firstIndex(of: current) ?? 0
    }
}
