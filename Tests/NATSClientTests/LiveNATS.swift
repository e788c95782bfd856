import Logging
import NATSClient
import NIOPosix
import TestSupport

/// A quick configuration for tests: short waits.
func quickConfiguration(ports: [Int]) -> NATSConfiguration {
    var configuration = NATSConfiguration(servers: ports.map { NATSServerAddress(host: "127.0.0.1", port: $0) })
    configuration.reconnectWait = .milliseconds(10)...(.milliseconds(100))
    configuration.randomizesServers = false
    return configuration
}

/// Makes connections on the shared event loops, which need no shutdown; closes them at the end of `body`.
func withConnection<Result>(
    _ configuration: NATSConfiguration, start: Bool = true,
    _ body: (NATSConnection) async throws -> Result
) async throws -> Result {
    let connection = NATSConnection(
        configuration: configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.next(), logger: quietLogger)
    do {
        if start { connection.start() }
        let result = try await body(connection)
        await connection.close()
        return result
    } catch {
        await connection.close()
        throw error
    }
}

/// One server and one connection to it, which is up when `body` begins.
func withServer<Result>(
    _ serverConfiguration: String = "", change: (inout NATSConfiguration) -> Void = { _ in },
    _ body: (NATSServerProcess, NATSConnection) async throws -> Result
) async throws -> Result {
    let server = try NATSServerProcess(configuration: serverConfiguration)
    defer { server.stop() }
    var configuration = quickConfiguration(ports: [server.port])
    change(&configuration)
    return try await withConnection(configuration) { connection in
        guard await eventually({ connection.isConnected }) else { throw NotConnected(state: connection.state) }
        return try await body(server, connection)
    }
}

struct NotConnected: Error {
    let state: NATSState
}

let quietLogger: Logger = {
    var logger = Logger(label: "nats-tests") { _ in SwiftLogNoOpLogHandler() }
    logger.logLevel = .critical
    return logger
}()
