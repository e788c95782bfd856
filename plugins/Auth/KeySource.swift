/// Where the keys of a guard come from.
package enum KeySource: Sendable {
    case secret(KeyMaterial)
    /// A JWK set in a file.
    case file(String)
    /// A JWK set that a server publishes.
    case server(HTTPClient)

    /// How long a server may take.
    package static let patience = Duration.seconds(5)

    /// Whether what it says can change.
    package var changes: Bool { if case .secret = self { false } else { true } }

    /// The algorithms that its keys can be for: what else a token names is refused without a look at any key.
    package var algorithms: Set<String> {
        switch self {
        case .secret: ["HS256"]
        case .file: ["HS256", "RS256", "ES256", "EdDSA"]
        case .server: ["RS256", "ES256", "EdDSA"]
        }
    }

    /// For the log.
    package var name: String {
        switch self {
        case .secret: "the secret"
        case .file(let path): path
        case .server(let client): client.endpoint.description
        }
    }

    /// Reads all keys anew. Not for event loops: a file is read at once.
    package func read() async throws(Problem) -> KeySet {
        switch self {
        case .secret(let key): return KeySet(secret: key)
        case .file(let path): return try Self.read(file: path)
        case .server(let client):
            let answer = try await client.get([], timeout: Self.patience, sizeLimit: KeySet.sizeLimit)
            guard answer.status == 200 else { throw Problem("the server answers \(answer.status)") }
            return try KeySet(answer.body, allowsSecrets: false)
        }
    }

    /// Blocks.
    package static func read(file path: String) throws(Problem) -> KeySet {
        try KeySet(SmallFile.read(path, limit: KeySet.sizeLimit), allowsSecrets: true)
    }
}
