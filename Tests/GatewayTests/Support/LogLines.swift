import Logging

/// What was logged, one line each with its metadata.
struct LogLines: Sendable {
    private let lines = Heard<String>()

    var all: [String] { lines.all }

    var logger: Logger { Logger(label: "gateway-tests") { _ in Handler(lines: lines) } }

    private struct Handler: LogHandler {
        let lines: Heard<String>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        init(lines: Heard<String>) { self.lines = lines }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let words = (event.metadata ?? [:]).map { "\($0)=\($1)" }.sorted().joined(separator: " ")
            lines.append("\(event.level) \(event.message) \(words)")
        }
    }
}
