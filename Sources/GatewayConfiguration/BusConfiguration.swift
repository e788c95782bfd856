package import Diagnostics

/// Which bus the handlers publish to.
package struct BusConfiguration: Sendable, Equatable {
    /// `embedded` alone, or the servers of one NATS cluster.
    package var urls: [BusURL]
    /// Set if the servers must encrypt.
    package var tls: BusTLS?
    /// What goes before what stands in the URLs.
    package var login: BusLogin?
    /// Refuse to start while the bus is away.
    package var isRequired: Bool
    /// The `url` value; nil when the environment or nobody chose.
    package var mark: SourceMark?

    package init(urls: [BusURL] = [.embedded], isRequired: Bool = false, mark: SourceMark? = nil) {
        self.urls = urls
        self.isRequired = isRequired
        self.mark = mark
    }
}

extension BusConfiguration {
    /// The NATS servers among the URLs.
    package var servers: [NATSServerAddress] {
        urls.compactMap { if case .nats(let server) = $0 { server } else { nil } }
    }
}

/// How links to NATS servers are encrypted. Files are PEM.
package struct BusTLS: Sendable, Equatable {
    /// The authorities to trust; nil: the system's.
    package var authority: String?
    /// The gateway's own certificate and key: both or none.
    package var certificate: String?
    package var key: String?
    /// Encrypt before the server's first word.
    package var isFirst = false
    /// The name in the servers' certificates, if it is not the host's.
    package var hostname: String?

    package init() {}
}

/// Who the gateway is at a NATS server.
package enum BusLogin: Sendable, Equatable {
    case user(String, password: String)
    case token(String)
    case nkey(seed: String)
    /// A file with a seed.
    case nkeyFile(String)
    /// A `.creds` file.
    case credentials(String)
}

/// Where a bus is.
package enum BusURL: Sendable, Equatable {
    /// Inside this process.
    case embedded
    case nats(NATSServerAddress)
}

/// A NATS server and how to log in to it.
package struct NATSServerAddress: Sendable, Equatable {
    /// Without the brackets of IPv6.
    package var host: String
    package var port: Int
    package var usesTLS: Bool
    package var user: String?
    package var password: String?
    /// Given instead of user and password.
    package var token: String?

    package init(
        host: String, port: Int = 4222, usesTLS: Bool = false, user: String? = nil, password: String? = nil,
        token: String? = nil
    ) {
        self.host = host
        self.port = port
        self.usesTLS = usesTLS
        self.user = user
        self.password = password
        self.token = token
    }

    var hasLogin: Bool { user != nil || token != nil }
}

extension BusURL: CustomStringConvertible {
    /// Without user, password or token.
    package var description: String {
        switch self {
        case .embedded: "embedded:"
        case .nats(let server):
            "\(server.usesTLS ? "tls" : "nats")://" + Listener(host: server.host, port: server.port).address
        }
    }
}
