import Diagnostics
import Foundation
import GatewayConfiguration
import PluginKit
import Testing

/// The reference pages say what the code does.
@Suite struct DocumentationTests {
    private static func page(_ name: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs/\(name)"), encoding: .utf8)
    }

    @Test(arguments: ConfigurationSchema.sections.map(\.title)) func everyKeyIsDocumented(_ title: String) throws {
        let section = try #require(ConfigurationSchema.sections.first { $0.title == title })
        let page = try Self.page("routes-yaml.md")
        #expect(page.contains("## \(title)\n"), "no heading")
        #expect(page.contains(section.table + "\n"), "the table should be:\n\(section.table)")
    }

    /// Every row of a key table belongs to a key that the loader knows.
    @Test func everyDocumentedKeyIsKnown() throws {
        let known = Set(ConfigurationSchema.sections.flatMap { $0.keys.map(\.row) })
        let tables = try Self.page("routes-yaml.md").components(separatedBy: "| key | value | default | meaning |\n")
            .dropFirst()
        let rows = tables.flatMap {
            $0.split(separator: "\n", omittingEmptySubsequences: false).prefix { $0.hasPrefix("|") }
        }
        .filter { $0.hasPrefix("| `") }.map(String.init)
        #expect(rows.count == ConfigurationSchema.sections.reduce(0) { $0 + $1.keys.count })
        #expect(rows.filter { !known.contains($0) } == [])
    }

    @Test func defaultsAreTheOnesInForce() {
        func fallback(_ section: String, _ key: String) -> String? {
            let keys = ConfigurationSchema.sections.first { $0.title == section }?.keys
            return keys?.first { $0.name == key }?.fallback.replacing("`", with: "")
        }
        let (limits, timeouts) = (Limits(), Timeouts())
        for (name, value) in [("head", limits.head), ("body", limits.body), ("message", limits.message)] {
            #expect(fallback("Limits", name).flatMap(QuantityText.size) == value)
        }
        let durations = [
            ("header", timeouts.header), ("body", timeouts.body), ("idle", timeouts.idle),
            ("request", timeouts.request),
            ("ping", timeouts.ping), ("drain", timeouts.drain),
        ]
        for (name, value) in durations { #expect(fallback("Timeouts", name).flatMap(QuantityText.duration) == value) }
        #expect(fallback("Health", "live") == HealthConfiguration().live)
        #expect(fallback("Health", "ready") == HealthConfiguration().ready)
        #expect(fallback("Top level", "listen") == Listener.standard.address)
    }

    @Test func everyDiagnosticIsDocumented() throws {
        let rows = try Self.page("diagnostics.md").split(separator: "\n").filter { $0.hasPrefix("| SY") }.map(
            String.init)
        #expect(rows == DiagnosticCode.allCases.map { "| \($0.rawValue) | `\($0.kind)` | \($0.summary) |" })
    }

    /// The examples of the reference load without a word.
    @Test func examplesAreValid() throws {
        let blocks = try Self.page("routes-yaml.md").components(separatedBy: "```yaml\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
        #expect(!blocks.isEmpty)
        for block in blocks { #expect(load(block).report == "", "\(block)") }
    }
}
