internal import NATSClient

/// A JWK set (RFC 7517 §5): the keys of it that can be used here, and why the others cannot.
package struct KeySet: Sendable {
    /// Of the keys of a set, the first so many count: each may have to be tried.
    package static let limit = 64
    package static let sizeLimit = 256 << 10

    package var keys: [KeyMaterial]
    /// One for each key left out.
    package var ignored: [String]

    package init(secret: KeyMaterial) {
        keys = [secret]
        ignored = []
    }

    /// - Parameter allowsSecrets: see ``KeyMaterial``.
    package init(_ json: [UInt8], allowsSecrets: Bool) throws(Problem) {
        guard let set = NATSJSON.parse(json.span) else { throw Problem("it is not JSON") }
        guard let members = set["keys"]?.array else { throw Problem("it has no list called 'keys'") }
        keys = []
        ignored = []
        for (index, member) in members.enumerated() {
            do throws(Problem) {
                guard keys.count < Self.limit else { throw Problem("there are more than \(Self.limit)") }
                keys.append(try KeyMaterial(jwk: member, allowsSecrets: allowsSecrets))
            } catch {
                ignored.append("key \(index + 1): \(error.reason)")
            }
        }
    }
}
