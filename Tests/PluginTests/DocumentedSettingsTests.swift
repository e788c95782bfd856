import AuthPlugin
import Foundation
import LimitPlugin
import NATSPlugin
import PluginKit
import Testing

/// Tables of settings say what the declarations do.
@Suite("Documented settings") struct DocumentedSettingsTests {
    private static let pages = [
        "auth.md": AuthPlugin.handlers + LimitPlugin.handlers, "pubsub.md": NATSPlugin.handlers,
    ]

    @Test(arguments: pages.flatMap { page, handlers in handlers.map { (page, $0.name) } })
    func everySettingIsDocumented(_ page: String, _ name: String) throws {
        let declaration = try #require(Self.pages[page]?.first { $0.name == name })
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/\(page)"), encoding: .utf8)
        let section = try #require(text.components(separatedBy: "\n## \(name)\n").dropFirst().first)
        let rows = declaration.settings.map { setting in
            "| `\(setting.name)` | \(setting.shape.words) | \(setting.fallback) | \(setting.summary) |"
        }
        let table = (["| setting | value | default | meaning |", "|---|---|---|---|"] + rows).joined(separator: "\n")
        #expect(section.hasPrefix("\n\(table)\n\n"), "the table should be:\n\(table)")
    }
}

extension SettingDeclaration.Shape {
    fileprivate var words: String {
        switch self {
        case .string: "text"
        case .integer(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: "a boolean"
        case .duration: "a duration"
        case .size: "a size"
        case .path: "a path"
        case .choice(let words): words.map { "`\($0)`" }.joined(separator: ", ")
        case .list: "a list"
        case .map: "a mapping"
        case .booleanOrMap: "a boolean or a mapping"
        }
    }
}

extension SettingDeclaration {
    fileprivate var fallback: String {
        guard let defaultValue else { return isOptional ? "none" : "required" }
        if case (.size, .integer(let bytes)) = (shape, defaultValue) { return "`\(QuantityText.text(size: bytes))`" }
        return "`\(defaultValue.words)`"
    }
}

extension SettingValue {
    fileprivate var words: String {
        switch self {
        case .string(let text): text
        case .integer(let number): "\(number)"
        case .boolean(let value): "\(value)"
        case .duration(let time):
            time >= .seconds(60) ? "\(time.components.seconds / 60)m" : "\(time.components.seconds)s"
        case .list(let values): "[" + values.map(\.words).joined(separator: ", ") + "]"
        case .map: "{}"
        }
    }
}
