package import Diagnostics
package import Routing

/// Everything a `routes.yaml`, or App Engine's own files, say about a gateway: checked, expanded, with places.
package struct GatewayConfiguration: Sendable {
    /// The file as it was named; empty when there is none.
    package var file: String
    /// The folder relative paths start from.
    package var directory: String
    package var listeners: [Listener]
    package var bus: BusConfiguration
    /// Who this application is, for host rules. Its services are those of `services`, in the same order.
    package var app: AppIdentity
    package var services: [ServiceConfiguration]
    package var dispatch: [DispatchRule]
    /// The places of `dispatch`, one for each rule.
    package var dispatchMarks: [SourceMark]
    package var limits: Limits
    package var timeouts: Timeouts
    package var health: HealthConfiguration
    package var accessLog: AccessLogFormat
    /// Values to mask wherever text leaves the process: passwords, tokens, contents of secret files.
    package var secrets: [String]

    package init(
        file: String = "", directory: String = ".", listeners: [Listener] = [.standard],
        bus: BusConfiguration = BusConfiguration(), app: AppIdentity, services: [ServiceConfiguration] = [],
        dispatch: [DispatchRule] = [], dispatchMarks: [SourceMark] = [], limits: Limits = Limits(),
        timeouts: Timeouts = Timeouts(), health: HealthConfiguration = HealthConfiguration(),
        accessLog: AccessLogFormat = .text, secrets: [String] = []
    ) {
        self.file = file
        self.directory = directory
        self.listeners = listeners
        self.bus = bus
        self.app = app
        self.services = services
        self.dispatch = dispatch
        self.dispatchMarks = dispatchMarks
        self.limits = limits
        self.timeouts = timeouts
        self.health = health
        self.accessLog = accessLog
        self.secrets = secrets
    }
}

/// A service: the routes and channels behind one name that dispatch rules can lead to.
package struct ServiceConfiguration: Sendable {
    package var name: String
    package var routes: [RouteConfiguration]
    package var channels: [RouteConfiguration]
    /// The service's key; for the top-level shorthand, the `routes` or `channels` key.
    package var mark: SourceMark?

    package init(
        name: String, routes: [RouteConfiguration] = [], channels: [RouteConfiguration] = [], mark: SourceMark? = nil
    ) {
        self.name = name
        self.routes = routes
        self.channels = channels
        self.mark = mark
    }
}

/// The gateway's own answers to health checks.
package struct HealthConfiguration: Sendable, Equatable {
    package var isOn: Bool
    /// Answered 200 while the process lives.
    package var live: String
    /// Answered 200 while requests are welcome, else 503.
    package var ready: String

    package init(isOn: Bool = true, live: String = "/healthz", ready: String = "/readyz") {
        self.isOn = isOn
        self.live = live
        self.ready = ready
    }
}

/// How each request is logged.
package enum AccessLogFormat: String, Sendable, CaseIterable {
    case text, json, off
}
