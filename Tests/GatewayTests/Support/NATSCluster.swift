import Foundation
import NATSClient
import TestSupport

/// Three servers with JetStream that know each other, and the one that leads a stream.
struct NATSCluster {
    let servers: [NATSServerProcess]

    /// Runs `body` on a cluster that is ready to make replicated streams.
    static func with<Result>(_ extra: String = "", _ body: (NATSCluster) async throws -> Result) async throws -> Result
    {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("nats-cluster-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let routes = try (0..<3).map { _ in try NATSServerProcess.freePort() }
        let all = routes.map { "\"nats-route://127.0.0.1:\($0)\"" }.joined(separator: ", ")
        let servers = try routes.enumerated().map { index, port in
            try NATSServerProcess(
                configuration: """
                    server_name: s\(index)
                    jetstream { store_dir: "\(folder.path)/\(index)" }
                    cluster { name: c, listen: "127.0.0.1:\(port)", routes: [\(all)] }
                    \(extra)
                    """)
        }
        defer { for server in servers { server.kill() } }
        return try await body(NATSCluster(servers: servers))
    }

    /// Makes a stream of three replicas, as soon as the cluster can.
    func makeStream(_ name: String, subjects: [String], _ jetStream: NATSJetStream) async throws {
        var configuration = NATSStreamConfiguration(name: name, subjects: subjects)
        configuration.replicas = 3
        _ = try await retrying { try await jetStream.createStream(configuration) }
    }

    /// Elections take their time on a busy machine.
    func retrying<Result>(_ body: () async throws -> Result) async throws -> Result {
        for _ in 0..<4 { if let result = try? await eventuallySucceeds(body) { return result } }
        return try await body()
    }

    /// The server that leads the stream now.
    func leader(of stream: String, _ jetStream: NATSJetStream) async throws -> NATSServerProcess {
        let answer = try await jetStream.connection.request(subject: "$JS.API.STREAM.INFO.\(stream)")
        guard let name = NATSJSON.parse(answer.payload.span)?["cluster"]?["leader"]?.string,
            let index = Int(name.dropFirst()), servers.indices.contains(index)
        else { throw NotConnected() }
        return servers[index]
    }
}
