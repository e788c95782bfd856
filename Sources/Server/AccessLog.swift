import NIOCore
import PluginKit

/// One line for each request, as text or JSON.
///
/// Text: `2026-01-31T12:00:00.123Z 127.0.0.1:51234 "GET /hello HTTP/1.1" 200 6B 0.21ms default /hello 00ab…`.
/// What a client sends is escaped, so no request can forge a line. Queries are left out: they carry secrets too often.
package final class AccessLog: Sendable {
    package enum Format: String, Sendable { case text, json }

    /// What is known of a request when it is over.
    struct Entry {
        var request: Request
        var policy: RoutePolicy?
        var status: Int
        var bytes: Int
        var duration: TimeAmount
    }

    private let format: Format
    private let sink: LogSink

    package init(format: Format, sink: LogSink) {
        self.format = format
        self.sink = sink
    }

    func record(_ entry: Entry) {
        var line: [UInt8] = []
        line.reserveCapacity(256)
        switch format {
        case .text: appendText(entry, to: &line)
        case .json: appendJSON(entry, to: &line)
        }
        sink.write(line)
    }

    private func appendText(_ entry: Entry, to line: inout [UInt8]) {
        let head = entry.request.head
        Timestamp.append(WallClock.now(), to: &line)
        line.append(contentsOf: " \(entry.request.peer.isEmpty ? "-" : entry.request.peer) \"".utf8)
        Self.appendEscaped("\(head.method.name) \(head.path)", to: &line)
        line.append(contentsOf: " HTTP/1.\(head.minorVersion)\" \(entry.status) \(entry.bytes)B ".utf8)
        line.append(contentsOf: "\(Self.milliseconds(entry.duration))ms ".utf8)
        line.append(contentsOf: "\(entry.policy?.service ?? "-") \(entry.policy?.route ?? "-") \(entry.request.id)\n".utf8)
    }

    private func appendJSON(_ entry: Entry, to line: inout [UInt8]) {
        let head = entry.request.head
        line.append(contentsOf: #"{"time":""#.utf8)
        Timestamp.append(WallClock.now(), to: &line)
        line.append(contentsOf: #"","type":"access","id":"\#(entry.request.id)""#.utf8)
        Self.appendField("peer", entry.request.peer, to: &line)
        Self.appendField("method", head.method.name, to: &line)
        Self.appendField("host", head.host, to: &line)
        Self.appendField("path", head.path, to: &line)
        line.append(contentsOf: #","status":\#(entry.status),"bytes":\#(entry.bytes)"#.utf8)
        line.append(contentsOf: #","milliseconds":\#(Self.milliseconds(entry.duration))"#.utf8)
        if let service = entry.policy?.service { Self.appendField("service", service, to: &line) }
        if let route = entry.policy?.route { Self.appendField("route", route, to: &line) }
        line.append(contentsOf: "}\n".utf8)
    }

    private static func appendField(_ name: String, _ value: String, to line: inout [UInt8]) {
        line.append(contentsOf: ",\"\(name)\":".utf8)
        JSONText.append(value, to: &line)
    }

    private static func appendEscaped(_ text: String, to line: inout [UInt8]) {
        for byte in text.utf8 {
            if byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") || byte == 0x20 {
                line.append(byte)
            } else {
                line.append(contentsOf: "\\x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8)
            }
        }
    }

    /// Milliseconds with two decimals.
    private static func milliseconds(_ duration: TimeAmount) -> String {
        let hundredths = duration.nanoseconds / 10_000
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
}
