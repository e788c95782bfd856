/// What a `.creds` file holds: a user's JWT and the seed of the user's key.
package struct NATSCredentials: Sendable {
    package let jwt: String
    package let key: NATSKey

    /// Reads the two blocks between `-----BEGIN …-----` and `------END …------`, in either order, whatever stands
    /// around them.
    ///
    /// - Throws: without a word of the contents.
    package init(_ text: some StringProtocol) throws(NATSCredentialError) {
        var title: Substring?
        var blocks: [Substring: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let line = Self.trimmed(Substring(line))
            if line.hasPrefix("---"), line.hasSuffix("---") {
                let words = Self.trimmed(line) { $0 == "-" || $0 == " " }
                title = words.hasPrefix("BEGIN ") ? words.dropFirst("BEGIN ".count) : nil
            } else if let title, !line.isEmpty {
                guard blocks[title] == nil else { throw .init("the block '\(title)' has more than one line") }
                blocks[title] = String(line)
            }
        }
        guard let jwt = blocks["NATS USER JWT"], Self.isToken(jwt) else {
            throw .init("there is no block 'NATS USER JWT' with a JWT in it")
        }
        guard let seed = blocks["USER NKEY SEED"] else { throw .init("there is no block 'USER NKEY SEED'") }
        self.jwt = jwt
        key = try Self.userKey(seed)
    }

    /// The key of a user from its seed, with white space around it.
    package static func userKey(_ seed: some StringProtocol) throws(NATSCredentialError) -> NATSKey {
        guard let key = NATSKey(seed: trimmed(Substring(seed))), key.owner == .user else {
            throw .init("that is not the seed of a user's key, which begins with SU and has 58 letters and digits")
        }
        return key
    }

    /// Three parts of Base64 with dots between them.
    private static func isToken(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 3
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.utf8.allSatisfy { byte in
                        (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
                            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                    }
            }
    }

    private static func trimmed(
        _ text: Substring, of isTrimmed: (Character) -> Bool = \.isWhitespace
    ) -> Substring {
        var rest = text.drop(while: isTrimmed)
        while let last = rest.last, isTrimmed(last) { rest.removeLast() }
        return rest
    }
}

/// Why credentials or certificates cannot be used. The text names files, never what is in them.
package struct NATSCredentialError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
