import ArgumentParser
import Diagnostics
import Gateway
import GatewayConfiguration

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check a configuration without serving it.",
        discussion: "Exit status: 0 if it can be served, 1 if not.")

    @OptionGroup var source: ConfigurationSource

    @Option(help: "How to write what was found: text on standard error, or json on standard output.")
    var format: OutputFormat = .text

    @Flag(help: "Let warnings fail, too.")
    var strict = false

    func run() throws {
        let preview = try source.preview()
        switch format {
        case .text: report(preview)
        case .json: print(JSON.array(preview.diagnostics.map { $0.json(preview.renderer) }))
        }
        if preview.hasErrors || strict && !preview.diagnostics.isEmpty { throw ExitCode(1) }
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        number == 1 ? "1 \(noun)" : "\(number) \(noun.replacing("route or channel", with: "routes and channel"))s"
    }

    private func report(_ preview: Preview) {
        complain(preview.renderer.render(preview.diagnostics))
        let errors = preview.diagnostics.count { $0.severity == .error }
        let warnings = preview.diagnostics.count - errors
        let counts = "\(Self.count(errors, "error")), \(Self.count(warnings, "warning"))"
        guard let snapshot = preview.snapshot, !preview.hasErrors else { return complain("\(counts)\n") }
        let endpoints = snapshot.services.reduce(0) { $0 + $1.endpoints.count }
        let parts = [
            ("service", snapshot.services.count), ("route or channel", endpoints),
            ("dispatch rule", snapshot.configuration.dispatch.count),
        ]
        print("ok: \(parts.map { Self.count($1, $0) }.joined(separator: ", ")); \(counts)")
    }
}

extension Diagnostic {
    fileprivate func json(_ renderer: DiagnosticRenderer) -> JSON {
        .object([
            ("code", .string(code.rawValue)),
            ("kind", .string(code.kind)),
            ("severity", .string(severity.rawValue)),
            ("file", .optional(mark?.file)),
            ("line", .optional(mark?.line)),
            ("column", .optional(mark?.column)),
            ("message", .string(renderer.masked(message))),
            ("hint", .optional(hint.map(renderer.masked))),
        ])
    }
}
