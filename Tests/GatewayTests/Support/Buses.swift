import Foundation
import Gateway
import Logging
import Messaging
import NATSClient
import NIOPosix
import PluginKit
import TestSupport

/// The two buses. Every body of the suite runs on both, and NATS is the reference.
enum BusKind: String, CaseIterable, Sendable {
    case embedded, nats
}

/// Two users of one bus: two connections to a server, as two gateways have, or twice the bus of one process.
struct Buses: Sendable {
    let one: any Bus
    let two: any Bus

    /// From now on what was subscribed is heard, whoever publishes.
    func settle() async throws {
        for bus in [one, two] { try await (bus as? NATSBus)?.connection.flush() }
    }

    /// A history on the first of the two, open.
    func history(
        _ subjects: [String] = ["room.*"], stream: String = "S", messages: Int? = nil, age: Duration? = nil
    ) async throws -> any History {
        let history = one.history(
            HistoryConfiguration(stream: stream, subjects: subjects, messages: messages, age: age))
        try await history.open()
        return history
    }

    /// Publishes "0", "1", … and returns when all are stored.
    func fill(_ subjects: String...) async throws {
        for (number, subject) in subjects.enumerated() {
            _ = try await two.store(BusMessage(subject, "\(number)"), id: nil, timeout: .seconds(5))
        }
    }
}

/// Runs `body` on a bus of its own.
func withBuses<Result>(
    _ kind: BusKind, server configuration: String = "", _ body: (Buses) async throws -> Result
) async throws -> Result {
    switch kind {
    case .embedded:
        let bus = EmbeddedBus()
        return try await body(Buses(one: bus, two: bus))
    case .nats:
        return try await withNATS(configuration) { server in
            try await withBus(on: [server]) { one in
                try await withBus(on: [server]) { two in
                    // It takes connections a moment before it takes requests.
                    let jetStream = NATSJetStream(one.connection, timeout: .seconds(1))
                    try await eventuallySucceeds { _ = try await jetStream.streamNames() }
                    return try await body(Buses(one: one, two: two))
                }
            }
        }
    }
}

/// A server with JetStream and a folder of its own for what it stores.
func withNATS<Result>(
    _ configuration: String = "", _ body: (NATSServerProcess) async throws -> Result
) async throws -> Result {
    try await withNATS(configuration) { server, _ in try await body(server) }
}

/// The same, with the folder.
func withNATS<Result>(
    _ configuration: String = "", _ body: (NATSServerProcess, URL) async throws -> Result
) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("nats-store-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let server = try NATSServerProcess(
        configuration: "jetstream { store_dir: \"\(folder.path)\" }\n\(configuration)")
    defer { server.stop() }
    return try await body(server, folder)
}

/// A bus on a connection to some of these servers, which is up when `body` begins, unless it need not be.
func withBus<Result>(
    on servers: [NATSServerProcess], waits: Bool = true, logger: Logger = quietLogger,
    change: (inout NATSConfiguration) -> Void = { _ in }, _ body: (NATSBus) async throws -> Result
) async throws -> Result {
    var configuration = NATSConfiguration(
        servers: servers.map { NATSServerAddress(host: "127.0.0.1", port: $0.port) })
    configuration.reconnectWait = .milliseconds(10)...(.milliseconds(100))
    configuration.randomizesServers = false
    change(&configuration)
    let connection = NATSConnection(
        configuration: configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.next(), logger: logger)
    connection.start()
    let bus = NATSBus(connection, logger: logger, heartbeat: .milliseconds(250))
    do {
        if waits, await !eventually({ bus.isAvailable }) { throw NotConnected() }
        let result = try await body(bus)
        await connection.close()
        return result
    } catch {
        await connection.close()
        throw error
    }
}

struct NotConnected: Error {}

let quietLogger = Logger(label: "gateway-tests") { _ in SwiftLogNoOpLogHandler() }
