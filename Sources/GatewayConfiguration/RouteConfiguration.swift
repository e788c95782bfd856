package import Diagnostics
package import PluginKit
package import Routing
package import YAMLDocument

/// A route or a channel: a path, and the handler behind it.
package struct RouteConfiguration: Sendable {
    package enum Kind: Sendable {
        /// Answers requests.
        case route
        /// Answers WebSocket handshakes.
        case channel

        /// The word in messages.
        package var noun: String { self == .route ? "route" : "channel" }
    }

    package var kind: Kind
    package var template: PathTemplate
    /// nil: any method. Always nil for a channel.
    package var methods: [String]?
    /// The handler's full name, `add.sum`; the catalogue has it.
    package var handler: String
    /// Checked against the handler's declaration, with defaults filled in.
    package var settings: Settings
    /// Origins that may open this channel: `https://example.com`, or `*` for any. nil: only the same origin.
    package var origins: [String]?
    /// What holds for this route: the file's, the service's and its own limits put together.
    package var limits: Limits
    package var timeouts: Timeouts
    /// The `path` value.
    package var mark: SourceMark
    /// The `handler` value.
    package var handlerMark: SourceMark
    /// False if something of it is wrong: then its handler is not asked for more complaints.
    package var isSound = true
    private let with: YAMLNode?

    package init(
        kind: Kind, template: PathTemplate, methods: [String]? = nil, handler: String, settings: Settings = Settings(),
        origins: [String]? = nil, limits: Limits = Limits(), timeouts: Timeouts = Timeouts(), mark: SourceMark,
        handlerMark: SourceMark, with: YAMLNode? = nil
    ) {
        self.kind = kind
        self.template = template
        self.methods = methods
        self.handler = handler
        self.settings = settings
        self.origins = origins
        self.limits = limits
        self.timeouts = timeouts
        self.mark = mark
        self.handlerMark = handlerMark
        self.with = with
    }

    /// The place of a setting, by the path a `SettingError` carries.
    ///
    /// Of the nearest one above it that is written, if it is not in the file itself.
    package func mark(ofSetting path: [String]) -> SourceMark {
        guard var node = with else { return handlerMark }
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
