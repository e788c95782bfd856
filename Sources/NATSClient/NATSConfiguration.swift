/// How a ``NATSConnection`` finds its servers, who it is, and what it bears.
///
/// All times are waiting times, not deadlines of the clock on the wall.
public struct NATSConfiguration: Sendable {
    /// Servers of one cluster, at least one. More are learned from the servers themselves.
    public var servers: [NATSServerAddress]
    /// Encrypt, and leave servers that cannot; nil: encrypt if the server demands it, trusting the system's authorities.
    public var tls: NATSTLSConfiguration?
    /// Who the connection is: the first that is set of `credentialsFile`, `nkeyFile`, `nkeySeed`, `user` with
    /// `password`, and `token`. Files are read anew for each link: a replaced one is picked up at the next.
    ///
    /// A `.creds` file: a user's JWT and the seed of the user's key.
    public var credentialsFile: String?
    /// A file with the seed of a user's key, which the server knows by its public key.
    public var nkeyFile: String?
    /// The seed itself: `SU…`.
    public var nkeySeed: String?
    public var user: String?
    public var password: String?
    public var token: String?
    /// What the server shows in its list of connections.
    public var name: String?
    /// Tokens in front of the private subjects that answers come to; an account may be allowed others than the usual.
    public var inboxPrefix = "_INBOX"
    /// False: the server does not send this connection what it published itself.
    public var echo = true

    /// For the TCP connection and the NATS handshake together, per attempt.
    public var connectTimeout: Duration = .seconds(2)
    /// How often an idle link is probed.
    public var pingInterval: Duration = .seconds(10)
    /// Probes without an answer before a link counts as dead.
    public var maxPingsOut = 2
    /// While publishes are on the way: how often the server is asked whether it has them.
    /// It keeps ``NATSStatistics/maybeLost`` close to the truth when a link dies.
    public var confirmInterval: Duration = .seconds(1)
    /// The wait before a new round over the servers: doubled each round, from the first to the second, with jitter.
    public var reconnectWait: ClosedRange<Duration> = .milliseconds(100)...(.seconds(5))
    /// Begin with any of the servers, not with the first.
    public var randomizesServers = true

    /// Bytes of publishes that may wait, in an outage or behind a server that does not read. What does not fit is
    /// refused.
    public var outageBufferSize = 8 << 20
    /// How long ``NATSConnection/close()`` tries to send what waits.
    public var drainTimeout: Duration = .seconds(5)
    /// The largest message taken from a server, headers included; a server that sends more is left.
    public var maximumIncomingPayload = 64 << 20

    public init(servers: [NATSServerAddress] = [NATSServerAddress(host: "127.0.0.1")]) {
        self.servers = servers
    }
}
