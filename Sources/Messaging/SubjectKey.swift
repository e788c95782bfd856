import Glibc

/// A subject or pattern that is equal to another only if its bytes are.
///
/// `String` takes `é` written with one scalar and with two for the same text; a NATS server does not.
struct SubjectKey: Hashable, Sendable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (a: SubjectKey, b: SubjectKey) -> Bool {
        a.text.utf8.span.withUnsafeBytes { a in
            b.text.utf8.span.withUnsafeBytes { b in
                a.count == b.count && (a.isEmpty || memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0)
            }
        }
    }

    func hash(into hasher: inout Hasher) {
        text.utf8.span.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
