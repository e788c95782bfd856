/// How a ``NATSConnection`` encrypts its links. Certificates are always verified, names too.
///
/// Files are PEM, and read anew for each link: replaced ones are picked up at the next.
public struct NATSTLSConfiguration: Sendable, Equatable {
    /// The certificates of the authorities to trust; nil: those of the system.
    public var authorityFile: String?
    /// The client's certificate with its chain, and its key: for servers that verify their clients. Both or none.
    public var certificateFile: String?
    public var keyFile: String?
    /// Encrypt from the first byte, before the server's `INFO`: what `handshake_first` demands in a server's
    /// configuration.
    public var handshakeFirst = false
    /// The name that certificates must bear, instead of the host connected to. A name, no address.
    ///
    /// Without it a server learned from the cluster by its address may bear the name of the server that told of it.
    public var hostname: String?

    public init() {}
}
