package import Logging
import PluginKit
package import Server

/// Log lines for people or for collectors, by way of the sink that never blocks. Secrets are masked before a line
/// leaves.
package struct GatewayLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    private let label: String
    private let usesJSON: Bool
    private let sink: LogSink
    private let mask: @Sendable (String) -> String

    package init(
        label: String, level: Logger.Level, usesJSON: Bool, sink: LogSink, mask: @escaping @Sendable (String) -> String
    ) {
        self.label = label
        logLevel = level
        self.usesJSON = usesJSON
        self.sink = sink
        self.mask = mask
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let message = mask(event.message.description)
        var line: [UInt8] = []
        if usesJSON {
            let severity = event.level.rawValue.uppercased()
            let head = #"{"time":"\#(Timestamp.now())","type":"log","severity":"\#(severity)","message":"#
            line.append(contentsOf: head.utf8)
            JSONText.append(message, to: &line)
            for (name, value) in fields {
                line.append(UInt8(ascii: ","))
                JSONText.append(name, to: &line)
                line.append(UInt8(ascii: ":"))
                JSONText.append(mask(value.description), to: &line)
            }
            line.append(contentsOf: "}\n".utf8)
        } else {
            let text = fields.map { " \($0)=\(Self.quoted(mask($1.description)))" }.joined()
            let head = "\(Timestamp.now()) \(event.level.rawValue): "
            line.append(contentsOf: "\(head)\(Self.oneLine(message))\(text)\n".utf8)
        }
        sink.write(line)
    }

    private static func oneLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    }

    private static func quoted(_ text: String) -> String {
        text.isEmpty || text.contains(where: { $0 == " " || $0 == "\"" }) ? "\"\(oneLine(text))\"" : oneLine(text)
    }
}
