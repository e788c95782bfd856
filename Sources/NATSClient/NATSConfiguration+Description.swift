/// Secrets stay out of logs, also where a configuration is printed or dumped whole.
extension NATSConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String {
        let servers = servers.map(\.description).joined(separator: ",")
        return "NATSConfiguration(\(tls == nil ? "nats" : "tls")://\(servers), login: \(loginKind))"
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror {
        Mirror(self, children: ["servers": servers.map(\.description), "login": loginKind], displayStyle: .struct)
    }

    /// How the connection says who it is, in words.
    private var loginKind: String {
        if let credentialsFile { return "the credentials in \(credentialsFile)" }
        if let nkeyFile { return "the key in \(nkeyFile)" }
        if nkeySeed != nil { return "a key" }
        if user != nil { return "user and password" }
        return token == nil ? "none" : "a token"
    }
}
