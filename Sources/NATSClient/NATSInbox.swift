/// Names for inboxes: subjects nobody else listens on.
package enum NATSInbox {
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// A subject under `prefix` with 131 random bits from the system: nobody meets it by chance or guesses it.
    package static func unique(_ prefix: String) -> String {
        var name = prefix + "."
        for _ in 0..<22 { name.unicodeScalars.append(Unicode.Scalar(alphabet[Int.random(in: 0..<62)])) }
        return name
    }
}
