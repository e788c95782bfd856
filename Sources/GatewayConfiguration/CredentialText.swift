/// Passwords in free text: what stands between `:` and `@` of a URL, with or without a scheme.
enum CredentialText {
    /// Shorter finds are more likely no passwords, and masking them would garble everything.
    private static let shortest = 3

    static func passwords(in text: String) -> [String] {
        guard text.utf8.contains(UInt8(ascii: "@")) else { return [] }
        var found: [String] = []
        // A comma may belong to a password or stand between two URLs.
        let words =
            text.utf8.split(whereSeparator: isBreak)
            + text.utf8.split { isBreak($0) || $0 == UInt8(ascii: ",") }
        for word in words where word.contains(UInt8(ascii: "@")) {
            let word = String(decoding: word, as: UTF8.self)
            guard let password = password(in: word[...]), password.utf8.count >= shortest else { continue }
            found += [String(password), PercentText.decoded(password)]
        }
        return found
    }

    private static func password(in word: Substring) -> Substring? {
        var rest = word
        if let scheme = rest.firstRange(of: "://") {
            rest = rest[scheme.upperBound...]
            // An `@` behind the authority is part of a path.
            rest = rest.prefix { $0 != "/" }
        }
        guard let at = rest.lastIndex(of: "@") else { return nil }
        let credentials = rest[..<at]
        guard let colon = credentials.firstIndex(of: ":") else { return nil }
        let password = credentials[credentials.index(after: colon)...]
        // A variable's name is no secret; its value is kept where it is expanded.
        let isVariable = password.hasPrefix("${") && password.hasSuffix("}") && !password.contains(":-")
        return isVariable ? nil : password
    }

    private static func isBreak(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
    }
}
