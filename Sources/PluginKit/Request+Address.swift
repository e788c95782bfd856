extension Request {
    /// The client's address without the port: `127.0.0.1`, `::1`. Empty for a Unix socket.
    public var address: String {
        guard let colon = peer.utf8.lastIndex(of: UInt8(ascii: ":")) else { return peer }
        let address = peer[..<colon]
        return address.first == "[" ? String(address.dropFirst().dropLast()) : String(address)
    }
}
