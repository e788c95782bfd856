import ArgumentParser
import Glibc

/// The command line: thin verbs over `Gateway`.
@main
struct Switchyard: AsyncParsableCommand {
    static let release = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "switchyard",
        abstract: "A plugin-driven HTTP and WebSocket gateway: one binary, one routes.yaml.",
        version: "switchyard \(release)",
        subcommands: [RunCommand.self, CheckCommand.self, RoutesCommand.self, ExplainCommand.self, VersionCommand.self])
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func run() {
        print("switchyard \(Switchyard.release)")
    }
}

/// Writes to standard error, where what is not a command's result goes.
func complain(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in
        var rest = UnsafeRawBufferPointer(utf8)[...]
        while !rest.isEmpty {
            let written = write(STDERR_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}
