import NATSClient
import TestSupport

/// Servers that know each other and tell their clients.
struct Cluster {
    let servers: [NATSServerProcess]

    init(size: Int, extra: String = "") throws {
        let routes = try (0..<size).map { _ in try NATSServerProcess.freePort() }
        let all = routes.map { "\"nats-route://127.0.0.1:\($0)\"" }.joined(separator: ", ")
        servers = try routes.enumerated().map { index, port in
            let cluster = "cluster { name: c, listen: \"127.0.0.1:\(port)\", routes: [\(all)] }"
            return try NATSServerProcess(configuration: "server_name: s\(index)\n\(cluster)\n\(extra)")
        }
    }

    func stop() { for server in servers { server.stop() } }

    /// For servers that take their time to stop.
    func kill() { for server in servers { server.kill() } }

    /// Connections to the first two servers.
    func withPair<Result>(_ body: (NATSConnection, NATSConnection) async throws -> Result) async throws -> Result {
        try await withConnection(to: 0) { first in
            try await withConnection(to: 1) { second in try await body(first, second) }
        }
    }

    /// The server that a connection is at now.
    func current(_ connection: NATSConnection) -> NATSServerProcess? {
        guard case .connected(let info) = connection.state, let index = Int(info.serverName.dropFirst()) else {
            return nil
        }
        return servers[index]
    }

    /// A connection that knows one server, and has heard of the others.
    func withConnection<Result>(
        to index: Int = 0, _ change: (inout NATSConfiguration) -> Void = { _ in },
        _ body: (NATSConnection) async throws -> Result
    ) async throws -> Result {
        var configuration = quickConfiguration(ports: [servers[index].port])
        change(&configuration)
        let others = servers.count
        return try await NATSClientTests.withConnection(configuration) { connection in
            let isComplete = await eventually {
                if case .connected(let info) = connection.state { info.connectURLs.count >= others } else { false }
            }
            guard isComplete else { throw NotConnected(state: connection.state) }
            return try await body(connection)
        }
    }
}
