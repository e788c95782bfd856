import Diagnostics
import GatewayConfiguration
import PluginKit

/// Handlers as plugins would declare them.
let catalog = HandlerCatalog([
    http("add.sum", [SettingDeclaration("publish", .string, default: .string("add"), summary: "Subject.")]),
    http("add.concat", [SettingDeclaration("publish", .string, default: .string("add"), summary: "Subject.")]),
    http(
        "site.files",
        [
            SettingDeclaration("root", .path, summary: "Folder."),
            SettingDeclaration("cache", .duration, isOptional: true, summary: "Age."),
        ]),
    http(
        "test.shapes",
        [
            SettingDeclaration("count", .integer(1...9), isOptional: true, summary: "."),
            SettingDeclaration("big", .integer(0...Int.max), isOptional: true, summary: "."),
            SettingDeclaration("flag", .boolean, isOptional: true, summary: "."),
            SettingDeclaration("pause", .duration, isOptional: true, summary: "."),
            SettingDeclaration("room", .size, isOptional: true, summary: "."),
            SettingDeclaration("mode", .choice(["off", "drop-oldest", "close"]), isOptional: true, summary: "."),
            SettingDeclaration("words", .list, isOptional: true, summary: "."),
            SettingDeclaration("table", .map, isOptional: true, summary: "."),
            SettingDeclaration("more", .booleanOrMap, isOptional: true, summary: "."),
            SettingDeclaration("text", .string, isOptional: true, summary: "."),
            SettingDeclaration("key", .string, isOptional: true, isSecret: true, summary: "."),
            SettingDeclaration("pin", .integer(1...9), isOptional: true, isSecret: true, summary: "."),
        ]),
    HandlerDeclaration(
        name: "nats.bridge", summary: "Bridge.",
        settings: [SettingDeclaration("subject", .string, default: .string("{topic}"), summary: "Subject.")],
        make: .socket { _, _ in throw SettingError(message: "not made in these tests") }),
    HandlerDeclaration(
        name: "test.guard", summary: "Guard.",
        settings: [SettingDeclaration("level", .integer(1...9), default: .integer(2), summary: "Level.")],
        make: .middleware { _, _ in throw SettingError(message: "not made in these tests") }),
])

private func http(_ name: String, _ settings: [SettingDeclaration]) -> HandlerDeclaration {
    HandlerDeclaration(
        name: name, summary: "\(name).", settings: settings,
        make: .http { _, _ in throw SettingError(message: "not made in these tests") })
}

/// Reads `text` as `routes.yaml`.
func load(_ text: String, _ environment: [String: String] = [:]) -> LoadResult {
    ConfigurationLoader.load(SourceText(file: "routes.yaml", text: text), environment: environment, catalog: catalog)
}

extension LoadResult {
    /// "line:column kind" of each finding; warnings in parentheses.
    var findings: [String] {
        diagnostics.map { finding in
            let place = finding.mark.map { "\($0.line):\($0.column) " } ?? ""
            return finding.severity == .error ? place + finding.code.kind : "(\(place)\(finding.code.kind))"
        }
    }

    /// The whole report.
    var report: String { renderer.render(diagnostics) }
}

/// A gateway with one default route, and `more` above it.
func withRoute(_ more: String) -> String { more + "\nroutes: [{ path: /, handler: add.sum }]\n" }

/// A route of the handler with all shapes and these settings.
func withSettings(_ settings: String) -> String {
    "routes:\n- path: /\n  handler: test.shapes\n  with: { \(settings) }\n"
}
