import GatewayConfiguration
import NATSClient

extension NATSConfiguration {
    /// What `bus` says to the client; nil when no URL names a NATS server.
    init?(_ bus: BusConfiguration) {
        let addresses = bus.servers
        if addresses.isEmpty { return nil }
        self.init(servers: addresses.map { .init(host: $0.host, port: $0.port) })
        name = "switchyard"
        tls = bus.tls.map(NATSTLSConfiguration.init)
        switch bus.login {
        case .user(let user, let password): (self.user, self.password) = (user, password)
        case .token(let token): self.token = token
        case .nkey(let seed): nkeySeed = seed
        case .nkeyFile(let file): nkeyFile = file
        case .credentials(let file): credentialsFile = file
        case nil:
            user = addresses.lazy.compactMap(\.user).first
            password = addresses.lazy.compactMap(\.password).first
            token = addresses.lazy.compactMap(\.token).first
        }
    }
}

extension NATSTLSConfiguration {
    init(_ tls: BusTLS) {
        self.init()
        authorityFile = tls.authority
        certificateFile = tls.certificate
        keyFile = tls.key
        handshakeFirst = tls.isFirst
        hostname = tls.hostname
    }
}
