/// Subjects as NATS has them: tokens parted by dots; `*` stands for one token, `>` for one or more at the end.
public enum Subject {
    /// Why `subject` cannot be published to, or nil if it can.
    ///
    /// White space and control bytes are refused because a subject travels inside a protocol line.
    public static func publishProblem(_ subject: String) -> String? {
        problem(subject, wildcards: false)
    }

    /// Why `subject` cannot be subscribed to, or nil if it can. `*` and `>` are fine where they are whole tokens.
    public static func subscribeProblem(_ subject: String) -> String? {
        problem(subject, wildcards: true)
    }

    /// True for `$SYS.…`, `$JS.…`, `_INBOX.…` and all else that servers keep for themselves.
    public static func isReserved(_ subject: String) -> Bool {
        // By bytes: `hasPrefix` compares characters, and a combining mark makes another one of the dot.
        let bytes = subject.utf8
        return bytes.starts(with: "$".utf8) || bytes.elementsEqual("_INBOX".utf8) || bytes.starts(with: "_INBOX.".utf8)
    }

    /// Whether a message on `subject` reaches a subscription of `pattern`. Both must be valid.
    public static func matches(_ pattern: String, _ subject: String) -> Bool {
        var rest = subject.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)[...]
        for token in pattern.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard let first = rest.popFirst() else { return false }
            if token.elementsEqual(">".utf8) { return true }
            if !token.elementsEqual("*".utf8), !token.elementsEqual(first) { return false }
        }
        return rest.isEmpty
    }

    /// Whether every subject that `pattern` matches is also matched by `wider`. Both must be valid.
    public static func covers(_ wider: String, _ pattern: String) -> Bool {
        var rest = pattern.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)[...]
        for token in wider.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard let first = rest.popFirst() else { return false }
            if token.elementsEqual(">".utf8) { return true }
            if first.elementsEqual(">".utf8) { return false }
            // A literal token never covers a `*`: it is not equal to it.
            if !token.elementsEqual("*".utf8), !token.elementsEqual(first) { return false }
        }
        return rest.isEmpty
    }

    /// One pass over the bytes: this runs for every message published.
    private static func problem(_ subject: String, wildcards: Bool) -> String? {
        var previous = UInt8(ascii: ".")
        var isASCII = true
        var count = 0
        var wildcardBefore: UInt8?
        let bytes = subject.utf8.span
        for index in bytes.indices {
            let byte = bytes[index]
            count += 1
            switch byte {
            case 0...0x20, 0x7F: return "a subject cannot hold white space or control characters"
            case UInt8(ascii: "."):
                if previous == UInt8(ascii: ".") { return "a subject cannot be empty or have an empty token" }
                if wildcardBefore == UInt8(ascii: ">") { return "'>' must be the last token" }
                wildcardBefore = nil
            case UInt8(ascii: "*"), UInt8(ascii: ">"):
                if !wildcards { return "'*' and '>' are not allowed here" }
                if previous != UInt8(ascii: ".") { return "'*' and '>' must be whole tokens" }
                wildcardBefore = byte
            default:
                if wildcardBefore != nil { return "'*' and '>' must be whole tokens" }
                if byte >= 0x80 { isASCII = false }
            }
            previous = byte
        }
        if previous == UInt8(ascii: ".") { return "a subject cannot be empty or have an empty token" }
        if count > 1024 { return "a subject has at most 1024 bytes" }
        let isBlankOrControl = { (scalar: Unicode.Scalar) in
            scalar.properties.isWhitespace || 0x80..<0xA0 ~= scalar.value
        }
        if !isASCII, subject.unicodeScalars.contains(where: isBlankOrControl) {
            return "a subject cannot hold white space or control characters"
        }
        return nil
    }
}
