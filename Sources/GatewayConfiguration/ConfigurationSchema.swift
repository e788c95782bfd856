/// Every key that `routes.yaml` knows, place by place.
///
/// The loader reads with it, and `docs/routes-yaml.md` is checked against it.
package enum ConfigurationSchema {
    package struct Key: Sendable {
        package var name: String
        /// What the value is, in words.
        package var type: String
        /// What holds without the key; "required" if there is no way without.
        package var fallback: String
        package var summary: String
        /// Understood but not acted on yet, so it is refused.
        package var isReserved = false
        /// For `limits` and `timeouts`: not in a service or a route.
        package var isTopOnly = false

        /// The key's row in the reference.
        package var row: String {
            let name = isTopOnly ? "`\(name)` (top level only)" : "`\(name)`"
            return isReserved
                ? "| \(name) | – | – | Reserved: \(summary) |" : "| \(name) | \(type) | \(fallback) | \(summary) |"
        }
    }

    /// The keys of one kind of mapping.
    package struct Section: Sendable {
        /// Heading in the reference.
        package var title: String
        package var keys: [Key]

        /// The section's table in the reference.
        package var table: String {
            (["| key | value | default | meaning |", "|---|---|---|---|"] + keys.map(\.row)).joined(separator: "\n")
        }
    }

    package static let sections = [
        top, listener, bus, busTLS, appengine, service, route, channel, compression, rule, limits, timeouts, health,
    ]

    private static let steps = "a name, a name with settings, or a list of these"

    static let top = Section(
        title: "Top level",
        keys: [
            Key(
                "listen", "an address, or a list of addresses or listeners", "`127.0.0.1:8080`",
                "Where the gateway listens."),
            Key("bus", "a mapping", "`embedded:`", "The message bus that handlers publish to."),
            Key("appengine", "a mapping", "none", "Who this application is, for rules about host names."),
            Key("services", "a mapping of name to service", "none", "The services; one must be called `default`."),
            Key("routes", "a list of routes", "none", "Routes of the service `default`."),
            Key("channels", "a list of channels", "none", "Channels of the service `default`."),
            Key(
                "dispatch", "a list of rules", "none",
                "Which requests go to which service, as in App Engine's dispatch.yaml."),
            Key("limits", "a mapping", "see below", "Sizes and counts that the gateway refuses to exceed."),
            Key("timeouts", "a mapping", "see below", "Times after which the gateway gives up."),
            Key("health", "a mapping, or `off`", "on", "The gateway's own answers to health checks."),
            Key("access_log", "`text`, `json` or `off`", "`text`", "How each request is logged."),
            .reserved("plugins", "plugins loaded from files."),
            Key("use", steps, "none", "Guards and middleware around every handler, in order."),
        ])

    static let listener = Section(
        title: "Listener",
        keys: [
            Key(
                "address", "`HOST:PORT`, `[IPV6]:PORT` or `:PORT`", "required",
                "`:PORT` listens on all interfaces, port 0 on a free port."),
            .reserved("tls", "certificates for HTTPS."),
        ])

    static let bus = Section(
        title: "Bus",
        keys: [
            Key(
                "url", "a URL or a list of URLs", "`$QS_NATS_URL`, `$NATS_URL`, else `embedded:`",
                "`embedded:`, `nats://USER:PASSWORD@HOST:4222`, `nats://TOKEN@HOST`; a list for a cluster. "
                    + "Without a scheme `nats://` is meant; `tls://` demands encryption."),
            Key(
                "tls", "a mapping", "none",
                "Demand encryption, whatever the URL says. A server that demands it gets it in any case."),
            Key("credentials", "a path", "none", "A `.creds` file: a user's JWT and key. Read anew for each link."),
            Key(
                "nkey", "a path, or a seed", "none",
                "A file with the seed of a user's key (`SU…`), read anew for each link; or the seed, which is masked."),
            Key("user", "text", "none", "A user, instead of one in the URL."),
            Key("password", "text", "none", "The user's password. Masked."),
            Key("token", "text", "none", "A token, instead of one in the URL. Masked."),
            Key("required", "a boolean", "`false`", "Refuse to start while the bus is away."),
        ])

    static let busTLS = Section(
        title: "Bus TLS",
        keys: [
            Key("ca", "a path", "the system's", "Certificates of the authorities to trust, in PEM."),
            Key("certificate", "a path", "none", "The gateway's own certificate with its chain, in PEM."),
            Key("key", "a path", "none", "The certificate's private key, in PEM without a passphrase."),
            Key(
                "first", "a boolean", "`false`",
                "Encrypt from the first byte: for servers with `handshake_first: true`."),
            Key("hostname", "a name", "the URL's host", "The name that the servers' certificates must bear."),
        ])

    static let appengine = Section(
        title: "App Engine",
        keys: [
            Key("project", "text", "none", "The project id: `PROJECT.appspot.com` is then this application."),
            Key("region", "text", "none", "The region id in host names, as `uc`."),
            Key("domains", "a domain or a list of domains", "none", "Custom domains mapped to this application."),
            Key(
                "versions", "a mapping of service to a list of versions", "`v1` each",
                "Version ids that host names may select; the first has the traffic."),
        ])

    static let service = Section(
        title: "Service",
        keys: [
            Key("routes", "a list of routes", "none", "What answers requests."),
            Key("channels", "a list of channels", "none", "What answers WebSockets."),
            Key("limits", "a mapping", "the file's", "Limits of this service."),
            Key("timeouts", "a mapping", "the file's", "Timeouts of this service."),
            Key("use", steps, "none", "Guards and middleware of this service, inside of the file's."),
            .reserved("run", "a process that the gateway starts."),
            .reserved("upstream", "a server that the gateway passes requests to."),
        ])

    private static let shared = [
        Key(
            "path", "a path template", "required",
            "The whole request path: literal segments, `{name}` for one segment, `{name...}` for the rest."),
        Key("handler", "a handler's name", "required", "What answers; `switchyard routes` lists them."),
        Key("with", "a mapping", "none", "The handler's settings."),
        Key("limits", "a mapping", "the service's", "Limits of this path."),
        Key("timeouts", "a mapping", "the service's", "Timeouts of this path."),
        Key("use", steps, "none", "Guards and middleware of this path, inside of the service's."),
    ]

    static let route = Section(
        title: "Route",
        keys: shared + [
            Key(
                "methods", "a method or a list of methods", "any",
                "HEAD comes with GET; OPTIONS is answered by the gateway unless listed.")
        ])

    static let channel = Section(
        title: "Channel",
        keys: shared + [
            Key(
                "origins", "an origin or a list of origins", "the same origin",
                "Which web pages may connect: `https://example.com`, or `\"*\"` for any."),
            Key(
                "compression", "a boolean or a mapping", "`false`",
                "Offer permessage-deflate to clients that ask for it."),
        ])

    static let compression = Section(
        title: "Compression",
        keys: [
            Key(
                "takeover", "a boolean", "`false`",
                "Let windows live on from message to message: smaller messages, each compressed for its socket alone."),
            Key("threshold", "a size", "`128`", "Messages of fewer bytes are sent as they are."),
            Key("level", "a number from 1 to 9", "`6`", "1 is fastest, 9 smallest."),
            Key("window", "a number from 9 to 15", "`15`", "The window's size as a power of two."),
        ])

    static let rule = Section(
        title: "Dispatch rule",
        keys: [
            Key(
                "url", "HOST/PATH", "required",
                "`*` as the host is any; a `*` at the end of the path is any rest. `$` has no meaning here."),
            Key("service", "a service's name", "required", "Where matching requests go."),
            Key("module", "a service's name", "none", "The old name of `service`."),
        ])

    static let limits = Section(
        title: "Limits",
        keys: [
            .top("head", "a size", "`16KB`", "Request line and header fields together."),
            .top("line", "a size", "`8KB`", "The request line."),
            .top("fields", "a number", "`100`", "Header fields of a request."),
            Key("body", "a size", "`32MB`", "A request's body."),
            Key("message", "a size", "`1MB`", "A WebSocket message."),
            Key(
                "queue", "a size", "`4MB`",
                "What may wait for a WebSocket or event stream that is slow to read; past it, its policy holds: usually it is closed."
            ),
            .top("connections", "a number", "none", "Connections open at once."),
            .top(
                "backlog", "a size", "`256MB`",
                "What may wait for all slow clients of an event loop together; past it, those furthest behind go."),
        ])

    static let timeouts = Section(
        title: "Timeouts",
        keys: [
            .top("header", "a duration", "`10s`", "From a request's first byte to the end of its header."),
            Key(
                "body", "a duration", "`30s`",
                "Between two pieces of a request's body, which must also come at 1 KB a second on the whole."),
            .top("idle", "a duration", "`75s`", "Between two requests of a connection."),
            Key("request", "a duration", "`60s`", "From the whole request to the handler's answer."),
            Key(
                "ping", "a duration", "`30s`",
                "How long a WebSocket may be silent before it is pinged; as long again without an answer ends it."),
            .top("drain", "a duration", "`10s`", "What requests and sockets get to finish when the gateway stops."),
        ])

    static let health = Section(
        title: "Health",
        keys: [
            Key("live", "a path", "`/healthz`", "Answered 200 while the process lives."),
            Key("ready", "a path", "`/readyz`", "Answered 200 while requests are welcome, else 503."),
        ])

    /// The top level of a dispatch.yaml.
    static let dispatchFile = Section(
        title: "dispatch.yaml",
        keys: [
            Key("dispatch", "a list of rules", "none", "The rules."),
            Key("application", "text", "none", "Accepted with a warning."),
        ])
}

extension ConfigurationSchema.Key {
    init(_ name: String, _ type: String, _ fallback: String, _ summary: String) {
        self.init(name: name, type: type, fallback: fallback, summary: summary)
    }

    static func reserved(_ name: String, _ summary: String) -> Self {
        Self(name: name, type: "", fallback: "", summary: summary, isReserved: true)
    }

    static func top(_ name: String, _ type: String, _ fallback: String, _ summary: String) -> Self {
        Self(name: name, type: type, fallback: fallback, summary: summary, isTopOnly: true)
    }
}
