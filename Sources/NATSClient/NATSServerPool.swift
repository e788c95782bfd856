/// The servers to try, in turn: those configured, and those the cluster told of.
package struct NATSServerPool: Sendable {
    private let configured: [NATSServerAddress]
    private var learned: [NATSServerAddress] = []
    private var index = 0
    /// The host of the server that told of those learned, if it has a name.
    private var teacher: String?

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
    ///
    /// - Parameter source: who told.
    package mutating func learn(_ urls: [String], from source: NATSServerAddress) {
        teacher = certificateName(of: source)
        let current = servers[index % servers.count]
        learned = []
        for url in urls.prefix(256) {
            guard let server = NATSServerAddress(url), !servers.contains(server) else { continue }
            learned.append(server)
        }
        index = servers.firstIndex(of: current) ?? 0
    }

    /// The name that a server's certificate must bear. Clusters tell of addresses, their certificates of names: what a
    /// server told of by its address may bear the name of who told.
    package func certificateName(of server: NATSServerAddress) -> String {
        guard !configured.contains(server), NATSTLS.isAddress(server.host), let teacher else { return server.host }
        return teacher
    }
}
