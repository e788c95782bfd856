public import Logging

/// A set of handlers under one name. A built-in plugin is listed once, in `Gateway`.
public protocol Plugin: Sendable {
    /// First part of its handlers' names: `add` for `add.sum`.
    static var name: String { get }
    static var handlers: [HandlerDeclaration] { get }
}

/// A handler as the configuration sees it: its name, what it serves, its settings, and how to make one.
public struct HandlerDeclaration: Sendable {
    public enum Factory: Sendable {
        /// Serves routes.
        case http(@Sendable (Settings, HandlerContext) throws -> any HTTPHandler)
        /// Serves channels.
        case socket(@Sendable (Settings, HandlerContext) throws -> any SocketHandler)
        /// Stands under `use:`, around either.
        case middleware(@Sendable (Settings, HandlerContext) throws -> any Middleware)
    }

    /// `plugin.handler`.
    public var name: String
    /// One sentence for `docs` and `switchyard routes`.
    public var summary: String
    public var settings: [SettingDeclaration]
    /// Throws `SettingError` to point at the setting it refuses. Has no side effects: opening things is for `start`.
    public var make: Factory

    public init(name: String, summary: String, settings: [SettingDeclaration] = [], make: Factory) {
        self.name = name
        self.summary = summary
        self.settings = settings
        self.make = make
    }
}

/// What the host gives to a handler when it is made.
public struct HandlerContext: Sendable {
    public var bus: any Bus
    public var logger: Logger
    /// Folder of the configuration file; relative paths in settings start here.
    public var directory: String
    /// Names of the parameters that the route's template defines.
    public var parameterNames: [String]
    /// The one of them that takes the rest of the path, `{name...}`.
    public var restParameter: String?
    /// State that instances share and that outlives them.
    public var shared: SharedObjects

    public init(
        bus: any Bus, logger: Logger, directory: String, parameterNames: [String] = [], restParameter: String? = nil,
        shared: SharedObjects = SharedObjects()
    ) {
        self.bus = bus
        self.logger = logger
        self.directory = directory
        self.parameterNames = parameterNames
        self.restParameter = restParameter
        self.shared = shared
    }
}
