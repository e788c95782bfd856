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
    /// What a channel offers of permessage-deflate; nil: nothing.
    package var compression: Compression?
    /// What holds for this route: the file's, the service's and its own limits put together.
    package var limits: Limits
    package var timeouts: Timeouts
    /// Steps around the handler, outermost first: the file's, the service's, its own.
    package var use: [MiddlewareConfiguration]
    /// The `path` value.
    package var mark: SourceMark
    /// The `handler` value.
    package var handlerMark: SourceMark
    /// False if something of it is wrong: then its handler is not asked for more complaints.
    package var isSound = true
    private let with: YAMLNode?

    package init(
        kind: Kind, template: PathTemplate, methods: [String]? = nil, handler: String, settings: Settings = Settings(),
        origins: [String]? = nil, compression: Compression? = nil, limits: Limits = Limits(), timeouts: Timeouts = Timeouts(),
        use: [MiddlewareConfiguration] = [], mark: SourceMark, handlerMark: SourceMark, with: YAMLNode? = nil
    ) {
        self.kind = kind
        self.template = template
        self.methods = methods
        self.handler = handler
        self.settings = settings
        self.origins = origins
        self.compression = compression
        self.limits = limits
        self.timeouts = timeouts
        self.use = use
        self.mark = mark
        self.handlerMark = handlerMark
        self.with = with
    }

    /// The place of a setting, by the path a `SettingError` carries.
    ///
    /// Of the nearest one above it that is written, if it is not in the file itself.
    package func mark(ofSetting path: [String]) -> SourceMark { with?.mark(ofSetting: path) ?? handlerMark }
}
