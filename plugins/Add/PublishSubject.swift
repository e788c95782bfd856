/// The rules for a subject that messages are published to: tokens between dots, no wildcards.
enum PublishSubject {
    /// Says in a few words why `subject` cannot be published to, or nil if it can.
    static func problem(in subject: String) -> String? {
        if subject.isEmpty { return "it is empty" }
        if subject.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) {
            return "it holds a space or a control character"
        }
        let tokens = subject.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        if tokens.contains(where: \.isEmpty) { return "there is nothing between two dots, or before the first or last" }
        if subject.utf8.contains(where: { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: ">") }) {
            return "wildcards are for subscribing only"
        }
        return nil
    }
}
