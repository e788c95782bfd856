import Foundation
import Synchronization

/// A real nats-server on a free port of 127.0.0.1, for one test.
///
/// The binary is named by the environment variable `NATS_SERVER`. The server ends with ``stop()``, with this object, or
/// with the test process, however that ends.
package final class NATSServerProcess {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package let port: Int
    private let file: URL
    private var text = ""
    private var server: Process?
    private var guardian: Process?

    /// Starts a server and returns when it takes connections.
    ///
    /// - Parameter configuration: lines of a nats-server configuration file, without `listen`.
    package init(configuration text: String = "", port: Int? = nil) throws {
        self.port = try port ?? Self.freePort()
        file = FileManager.default.temporaryDirectory
            .appendingPathComponent("nats-\(UUID().uuidString).conf")
        try configure(text)
        try start()
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(at: file)
    }

    /// Another server with the configuration of this one, which must not run: it has the same store.
    package func moved(to port: Int) throws -> NATSServerProcess {
        try NATSServerProcess(configuration: text, port: port)
    }

    /// Writes another configuration, for the next ``start()`` or ``reload()``.
    package func configure(_ text: String) throws {
        self.text = text
        try "listen: 127.0.0.1:\(port)\n\(text)\n".write(to: file, atomically: true, encoding: .utf8)
    }

    /// Starts it again on the same port after ``stop()`` or ``kill()``.
    package func start() throws {
        guard let path = ProcessInfo.processInfo.environment["NATS_SERVER"], !path.isEmpty else {
            throw Failure(description: "NATS_SERVER does not name a nats-server binary: run the tests with `make test`")
        }
        let server = Process()
        server.executableURL = URL(fileURLWithPath: path)
        server.arguments = ["--config", file.path]
        server.standardInput = FileHandle.nullDevice
        server.standardOutput = FileHandle.nullDevice
        server.standardError = FileHandle.nullDevice
        try server.run()
        self.server = server
        try startGuardian(of: server.processIdentifier)
        let deadline = Date(timeIntervalSinceNow: 10)
        while !isListening(port) {
            guard server.isRunning, Date() < deadline else {
                stop()
                throw Failure(description: "nats-server did not start on port \(port); its configuration may be wrong")
            }
            usleep(5000)
        }
    }

    /// Asks it to end, as an operator would, and waits.
    package func stop() { end(SIGTERM) }

    /// Ends it at once, without a goodbye to anybody.
    package func kill() { end(SIGKILL) }

    /// Freezes it: connections stay, nothing answers.
    package func pause() { signal(SIGSTOP) }

    package func resume() { signal(SIGCONT) }

    /// What `nats-server --signal ldm=PID` does: it tells its clients to go elsewhere, and stops in a while.
    package func becomeLameDuck() { signal(SIGUSR2) }

    /// What `nats-server --signal reload=PID` does.
    package func reload() { signal(SIGHUP) }

    private func signal(_ number: Int32) {
        if let server, server.isRunning { _ = Glibc.kill(server.processIdentifier, number) }
    }

    private func end(_ number: Int32) {
        guard let server else { return }
        if let guardian, guardian.isRunning {
            _ = Glibc.kill(guardian.processIdentifier, SIGKILL)
            guardian.waitUntilExit()
        }
        signal(number)
        signal(SIGCONT)
        let deadline = Date(timeIntervalSinceNow: 5)
        while server.isRunning {
            if Date() > deadline { signal(SIGKILL) }
            usleep(2000)
        }
        self.server = nil
        guardian = nil
    }

    /// A shell that waits for the end of its input, which comes when this process is gone, and ends the server then.
    private func startGuardian(of pid: Int32) throws {
        let guardian = Process()
        guardian.executableURL = URL(fileURLWithPath: "/bin/sh")
        guardian.arguments = ["-c", "read line; kill -9 \(pid)"]
        guardian.standardInput = Pipe()
        try guardian.run()
        self.guardian = guardian
    }
}

extension NATSServerProcess {
    private static let given = Mutex<Set<Int>>([])

    /// A TCP port of 127.0.0.1 that nobody listens on now, another each time.
    ///
    /// Below those that the system picks for outgoing connections: one of them could take it before the server does.
    package static func freePort() throws -> Int {
        for _ in 0..<1000 {
            let port = Int.random(in: 10_000..<32_000)
            guard given.withLock({ $0.insert(port).inserted }), canBind(port) else { continue }
            return port
        }
        throw Failure(description: "no free port")
    }
}

private func canBind(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(port: port)
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}

private func isListening(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(port: port)
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}

private func loopback(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return address
}
