import ArgumentParser
import Dispatch
import FoundationEssentials
import Gateway
import GatewayConfiguration
import Glibc
import Routing

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Serve a configuration.",
        discussion: """
            SIGHUP reloads the file, SIGTERM and SIGINT drain and stop; a second one stops at once. PORT replaces the port of \
            the first listener, SWITCHYARD_LISTEN the whole of it. Exit status: 0 after a drain, 1 if it cannot start.
            """)

    @Argument(help: ArgumentHelp("The configuration file.", valueName: "routes.yaml"))
    var file = "routes.yaml"

    @Option(help: ArgumentHelp("Listen here instead of on the file's first listener.", valueName: "host:port"))
    var listen: String?

    @Option(help: ArgumentHelp("Serve this service alone, without dispatch. Default: $GAE_SERVICE.", valueName: "name"))
    var service: String?

    @Option(help: "Event loops. Default: one for each processor this process may use.")
    var loops: Int?

    @Flag(help: "Reload when the file changes.")
    var watch = false

    func validate() throws {
        if let loops, !(1...256).contains(loops) { throw ValidationError("--loops takes 1 to 256") }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let environment = ProcessInfo.processInfo.environment
        let gateway = Gateway(
            options: GatewayOptions(
                file: file, listen: listen, service: service ?? environment["GAE_SERVICE"], loops: loops,
                environment: environment))
        let signals = SignalStream([SIGTERM, SIGINT, SIGHUP])
        do {
            try await gateway.start()
        } catch {
            complain(error.description)
            throw ExitCode(1)
        }
        await greet(gateway)
        let watcher = watch ? FileWatcher(file) { await gateway.reload() } : nil
        for await signal in signals.stream {
            if signal == SIGHUP {
                await gateway.reload()
            } else {
                watcher?.cancel()
                signals.exitOnNext()
                await gateway.stop()
                return
            }
        }
    }

    private func greet(_ gateway: Gateway) async {
        let addresses = await gateway.addresses
        complain("switchyard \(Switchyard.release) serves \(file) on \(addresses.joined(separator: ", "))\n")
        guard let base = addresses.first, let snapshot = await gateway.snapshot else { return }
        let lines = snapshot.services.flatMap(\.endpoints).prefix(12).map { endpoint in
            let route = endpoint.configuration
            let url = (route.kind == .channel ? base.replacing("http://", with: "ws://") : base) + route.template.text
            return [route.methodsText, url, route.handler]
        }
        var table = TextTable()
        for line in lines { table.add(line) }
        complain(table.text(indent: "  "))
    }
}

/// Unix signals as a stream. The process no longer dies of them.
struct SignalStream {
    let stream: AsyncStream<Int32>
    private let sources: [any DispatchSourceSignal]

    init(_ signals: [Int32]) {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.stream = stream
        sources = signals.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(number) }
            source.resume()
            return source
        }
    }

    /// From now on the next signal ends the process at once: for whoever does not want to wait for a drain.
    func exitOnNext() {
        for source in sources {
            source.setEventHandler { _exit(130) }
        }
    }
}

/// Calls back when a file's content was replaced or written, as seen by its size and times, looked at four times a second.
struct FileWatcher {
    private let task: Task<Void, Never>

    init(_ path: String, changed: @escaping @Sendable () async -> Void) {
        task = Task {
            var last = Self.stamp(path)
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(250))
                let now = Self.stamp(path)
                // A file that is gone for a moment is being replaced.
                if let now, now != last {
                    last = now
                    await changed()
                }
            }
        }
    }

    func cancel() { task.cancel() }

    private static func stamp(_ path: String) -> [Int]? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return [Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec, Int(status.st_ino)]
    }
}
