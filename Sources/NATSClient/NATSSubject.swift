/// The rules for subjects: what may reach the wire.
///
/// Stricter than a server, which takes nearly any byte: here nothing passes that could end a protocol line.
/// Source: https://docs.nats.io/nats-concepts/subjects
public enum NATSSubject {
    /// In bytes. Subject, reply and sizes together stay below a server's usual limit of 4,096 for a line.
    public static let maximumLength = 1024

    /// True for tokens with dots between them: none empty, no whitespace or control byte.
    ///
    /// - Parameter wildcards: whether `*` as a token and `>` as the last one are allowed (subscriptions only).
    public static func isValid(_ subject: String, wildcards: Bool = false) -> Bool {
        let bytes = subject.utf8
        guard !bytes.isEmpty, bytes.count <= maximumLength else { return false }
        var length = 0
        var wildcard: UInt8 = 0
        var isClosed = false
        for byte in bytes {
            if isClosed { return false }
            guard byte == UInt8(ascii: ".") else {
                guard byte > 0x20, byte != 0x7f else { return false }
                wildcard = length == 0 && (byte == UInt8(ascii: "*") || byte == UInt8(ascii: ">")) ? byte : 0
                length += 1
                continue
            }
            guard isToken(length, wildcard, allowed: wildcards) else { return false }
            isClosed = wildcard == UInt8(ascii: ">")
            length = 0
            wildcard = 0
        }
        return isToken(length, wildcard, allowed: wildcards)
    }

    private static func isToken(_ length: Int, _ wildcard: UInt8, allowed: Bool) -> Bool {
        length > 0 && (wildcard == 0 || allowed)
    }

    /// True for the name of a queue group.
    static func isValidQueue(_ name: String) -> Bool {
        let bytes = name.utf8
        return !bytes.isEmpty && bytes.count <= maximumLength && bytes.allSatisfy { $0 > 0x20 && $0 != 0x7f }
    }
}
