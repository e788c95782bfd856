import ArgumentParser
import Diagnostics
import Gateway
import Glibc

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show how a request is routed: every rule and route tried, why each lost, which won.",
        discussion: """
            With --requests -, reads one JSON object a line, {"method","scheme","host","target"}, and answers each \
            with one line of JSON, in order. Exit status: 0 if the request is routed, 1 if not, 2 if the \
            configuration has errors; with --requests, 0 once all are answered, 2 if a line could not be read.
            """)

    @Argument(help: "The request's method.")
    var method: String?

    @Argument(help: "Its URL, or a path on localhost.")
    var url: String?

    @Flag(help: "Explain a WebSocket handshake.")
    var ws = false

    @Option(help: ArgumentHelp("Read requests as JSON lines; '-' is standard input.", valueName: "-"))
    var requests: String?

    @Option(help: "text or json.")
    var format: OutputFormat = .text

    @Option(help: ArgumentHelp("The configuration file; routes.yaml if not given.", valueName: "routes.yaml"))
    var config: String?

    @OptionGroup var source: ConfigurationSource

    /// With `--requests` the words before the options are not a method and a URL: the first is the file.
    private var file: String? { config ?? source.file ?? (requests == nil ? nil : method) }

    func validate() throws {
        if let requests {
            if requests != "-" { throw ValidationError("--requests takes '-', standard input") }
            if url != nil { throw ValidationError("with --requests no method and URL are given") }
        } else if method == nil || url == nil {
            throw ValidationError("give METHOD and URL, or --requests -")
        }
    }

    func run() throws {
        var source = source
        source.file = file
        try source.validate()
        let preview = try source.preview()
        guard let snapshot = preview.snapshot, !preview.hasErrors else {
            complain(preview.renderer.render(preview.diagnostics))
            throw ExitCode(2)
        }
        if requests != nil { return try answerLines(snapshot, preview.hasBackends) }
        let request = ExplainedRequest(method: method ?? "", url: url ?? "", wantsSocket: ws)
        let explanation = snapshot.explain(request, preview.hasBackends)
        switch format {
        case .text: print(preview.renderer.masked(explanation.text(request, snapshot)), terminator: "")
        case .json: print(preview.renderer.masked("\(explanation.json)"))
        }
        if explanation.isRouted == false { throw ExitCode(1) }
    }

    /// One line out for each line in, at once, so that a program can ask as it goes.
    private func answerLines(_ snapshot: Snapshot, _ hasBackends: Bool) throws {
        var isBroken = false
        while let line = readLine() {
            if line.allSatisfy(\.isWhitespace) { continue }
            if let request = try? ExplainedRequest(line: line, wantsSocket: ws) {
                print(snapshot.explain(request, hasBackends).json)
            } else {
                isBroken = true
                print(JSON.object([("error", .string("not a JSON object with a \"target\""))]))
            }
            fflush(nil)
        }
        if isBroken { throw ExitCode(2) }
    }
}

extension Snapshot {
    fileprivate func explain(_ request: ExplainedRequest, _ hasBackends: Bool) -> RequestExplanation {
        explain(
            method: request.method, host: request.host, target: request.target, wantsSocket: request.wantsSocket,
            hasBackends: hasBackends)
    }
}
