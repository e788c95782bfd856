package import Diagnostics
package import PluginKit
package import YAMLDocument

/// One step under `use`: a guard or another middleware, and its settings.
package struct MiddlewareConfiguration: Sendable {
    /// The middleware's full name, `limit.rate`; the catalogue has it.
    package var name: String
    /// Checked against the declaration, with defaults filled in.
    package var settings: Settings
    /// Where it was written: the file's top, a service, or a route. Routes that inherit a step share its state.
    package var scope: String
    /// The name.
    package var mark: SourceMark
    private let with: YAMLNode?

    package init(name: String, settings: Settings = Settings(), scope: String, mark: SourceMark, with: YAMLNode? = nil) {
        self.name = name
        self.settings = settings
        self.scope = scope
        self.mark = mark
        self.with = with
    }

    /// The place of a setting, by the path a `SettingError` carries.
    package func mark(ofSetting path: [String]) -> SourceMark { with?.mark(ofSetting: path) ?? mark }
}

extension YAMLNode {
    /// Of what stands at `path` below this node, or of the nearest above it that is written.
    func mark(ofSetting path: [String]) -> SourceMark {
        var node = self
        for step in path {
            switch node.content {
            case .mapping(let entries):
                guard let entry = entries.first(where: { $0.key == step }) else { return node.mark }
                node = entry.value
            case .sequence(let items):
                guard let index = Int(step), items.indices.contains(index) else { return node.mark }
                node = items[index]
            default: return node.mark
            }
        }
        return node.mark
    }
}
