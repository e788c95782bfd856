extension NATSConfiguration {
    /// Making a ``NATSLogin`` blocks.
    var readsFiles: Bool { credentialsFile != nil || nkeyFile != nil }
}

/// Who a connection is, ready for `CONNECT`: made anew for each link, since files may have been replaced and each
/// server asks for a signature of its own.
package struct NATSLogin: Sendable {
    /// Keys and values of `CONNECT`. Secret.
    package private(set) var members: [(String, String)] = []

    /// Reads the files that the configuration names. Blocks if it names any.
    ///
    /// - Parameter nonce: what the server wants signed; without one, keys are named but prove nothing.
    package init(_ configuration: NATSConfiguration, nonce: String?) throws(NATSCredentialError) {
        if let file = configuration.credentialsFile {
            let text = try NATSFile.read(file)
            let credentials = try Self.inFile(file) { () throws(NATSCredentialError) in try NATSCredentials(text) }
            members.append(("jwt", credentials.jwt))
            sign(nonce, credentials.key)
        } else if let file = configuration.nkeyFile {
            let seed = try NATSFile.read(file)
            let key = try Self.inFile(file) { () throws(NATSCredentialError) in try NATSCredentials.userKey(seed) }
            members.append(("nkey", key.publicKey))
            sign(nonce, key)
        } else if let seed = configuration.nkeySeed {
            let key = try NATSCredentials.userKey(seed)
            members.append(("nkey", key.publicKey))
            sign(nonce, key)
        } else if let user = configuration.user {
            members = [("user", user), ("pass", configuration.password ?? "")]
        } else if let token = configuration.token {
            members = [("auth_token", token)]
        }
    }

    private mutating func sign(_ nonce: String?, _ key: NATSKey) {
        guard let nonce else { return }
        members.append(("sig", NATSBase64URL.encode(key.signature(of: nonce))))
    }

    private static func inFile<Result>(
        _ file: String, _ body: () throws(NATSCredentialError) -> Result
    ) throws(NATSCredentialError) -> Result {
        do throws(NATSCredentialError) {
            return try body()
        } catch {
            throw .init("\(file): \(error.description)")
        }
    }
}
