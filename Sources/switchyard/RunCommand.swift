import ArgumentParser
import FoundationEssentials
import Gateway
import GatewayConfiguration
import Glibc
import Routing

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Serve a configuration.",
        discussion: """
            SIGHUP reloads the file, SIGTERM and SIGINT drain and stop; a second one stops at once. PORT replaces the \
            port of the first listener, SWITCHYARD_LISTEN the whole of it. Exit status: 0 after a drain, 1 if it \
            cannot start.
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
        let watcher = watch ? FileWatcher(file) : nil
        do {
            try await gateway.start()
        } catch {
            complain(error.description)
            throw ExitCode(1)
        }
        await greet(gateway)
        let watching = watcher?.start { await gateway.reload() }
        for await signal in signals.stream {
            if signal == SIGHUP {
                await gateway.reload()
            } else {
                watching?.cancel()
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
        let lines = snapshot.servedServices.flatMap(\.endpoints).prefix(12).map { endpoint in
            let route = endpoint.configuration
            let url = (route.kind == .channel ? base.replacing("http://", with: "ws://") : base) + route.template.text
            return [route.methodsText, url, route.handler]
        }
        var table = TextTable()
        for line in lines { table.add(line) }
        complain(table.text(indent: "  "))
    }
}
